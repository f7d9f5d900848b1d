/** What the engine does for each request of the contract. */
import type { Handlers } from '../../shared/protocol.ts';
import type { Caller } from './caller.ts';
import { configHandlers } from './configs.ts';
import { corpusHandlers } from './corpora.ts';
import { evaluationHandlers } from './evaluations.ts';
import { exchangeHandlers } from './exchange.ts';
import { labHandlers } from './lab.ts';
import { modelHandlers } from './models.ts';
import { runHandlers } from './runs.ts';
import type { Services } from './services.ts';
import { submissionHandlers } from './submissions.ts';
import { systemHandlers } from './system.ts';

export function makeHandlers(services: Services): Handlers<Caller> {
  return {
    ...systemHandlers(services),
    ...corpusHandlers(services),
    ...configHandlers(services),
    ...runHandlers(services),
    ...evaluationHandlers(services),
    ...exchangeHandlers(services),
    ...labHandlers(services),
    ...submissionHandlers(services),
    ...modelHandlers(services),
  };
}
