/** What the engine's handlers work with. */
import type { EventName, EventOf } from '../../shared/contract.ts';
import type { EngineClient, Handlers } from '../../shared/protocol.ts';
import type { JobQueue } from '../queue/queue.ts';
import type { Store } from '../store/store.ts';
import type { Workspace } from '../workspace.ts';
import type { Caller } from './caller.ts';

export interface Services {
  store: Store;
  workspace: Workspace;
  queue: JobQueue;
  emit: <E extends EventName>(event: E, data: EventOf<E>) => void;
  /** Folder of the configs that come with Cria. */
  configFolder: string;
  /** A client of this very engine, for what is made of several requests. */
  client: () => EngineClient;
}

/** The handlers of the methods that start with one of the domains. */
export type DomainHandlers<D extends string> = Pick<Handlers<Caller>, Extract<keyof Handlers, `${D}.${string}`>>;

export const started = (runId: string, warnings: string[] = []) => ({ runId, warnings });
