/**
 * The contract: every request that a client may make of the engine, its answer, and every event. The terminals' socket, the host, the
 * window's bridge, the command line and the tests derive from it. Procedures are `domain.verb`; events say what has happened and never
 * steer.
 */
import { z } from 'zod';
import { CONFIG_REQUESTS } from './contract/configs.ts';
import { CORPUS_REQUESTS } from './contract/corpora.ts';
import { EVALUATION_REQUESTS, MODEL_REQUESTS, SUBMISSION_REQUESTS } from './contract/evaluations.ts';
import { RUN_REQUESTS } from './contract/runs.ts';
import { SYSTEM_REQUESTS } from './contract/system.ts';
import { generatedToken, logLine, runSummary, textSample } from './records.ts';

export const REQUESTS = {
  ...SYSTEM_REQUESTS,
  ...CORPUS_REQUESTS,
  ...CONFIG_REQUESTS,
  ...RUN_REQUESTS,
  ...EVALUATION_REQUESTS,
  ...SUBMISSION_REQUESTS,
  ...MODEL_REQUESTS,
} as const;

export const EVENTS = {
  /** A run was made, changed its state or what is noted of it, or came to its end. */
  'run.changed': runSummary,
  'run.progressed': z.object({
    runId: z.string(),
    progress: z.object({ label: z.string(), done: z.number(), total: z.number(), unit: z.string(), detail: z.string().optional() }),
  }),
  /** New metrics are in the store up to this step. */
  'run.measured': z.object({ runId: z.string(), step: z.int() }),
  'run.logged': z.object({ runId: z.string(), line: logLine }),
  /** A text sample of a run in training. */
  'run.sampled': z.object({ runId: z.string(), sample: textSample }),
  /** A token of a run that generates text. */
  'run.generated': z.object({ runId: z.string(), token: generatedToken }),
  /** New scores of a model on a suite are in the store. */
  'evaluation.recorded': z.object({ runId: z.string(), model: z.string(), suite: z.string() }),
  /** The waiting runs have another order, or the queue was held or let go. */
  'queue.changed': z.object({ running: z.array(z.string()), waiting: z.array(z.string()), held: z.boolean() }),
} as const;

export type Method = keyof typeof REQUESTS;
export type ParamsOf<M extends Method> = z.output<(typeof REQUESTS)[M]['params']>;
/** What a client writes: keys with defaults may be left out. */
export type InputOf<M extends Method> = z.input<(typeof REQUESTS)[M]['params']>;
export type ResultOf<M extends Method> = z.output<(typeof REQUESTS)[M]['result']>;
export type EventName = keyof typeof EVENTS;
export type EventOf<E extends EventName> = z.output<(typeof EVENTS)[E]>;
