/**
 * The engine: the services behind the contract, the store and the queue, for one workspace. It never loads TensorFlow. The command
 * line and the tests start it in their own process; the shell will fork it as a utility process.
 */
import { dirname, join, resolve } from 'node:path';
import type { EventName, EventOf } from '../shared/contract.ts';
import { CriaError } from '../shared/errors.ts';
import { channelPair, createClient, serve, type Channel, type EngineClient } from '../shared/protocol.ts';
import { OWNER, WindowCaller, type Caller } from './handlers/caller.ts';
import { makeHandlers } from './handlers/handlers.ts';
import { modelCache } from './handlers/models.ts';
import { removeUnfinished } from './disk/atomic.ts';
import { METRIC_FILE } from './queue/jobMessages.ts';
import { endOrphan } from './queue/orphans.ts';
import { JobQueue } from './queue/queue.ts';
import { acquireWorkspaceLock } from './store/lock.ts';
import { Store } from './store/store.ts';
import { readIntroduction } from './transport/relay.ts';
import { chooseAddress, listen, type ListeningSocket } from './transport/socket.ts';
import { Workspace } from './workspace.ts';

export interface EngineOptions {
  workspace: Workspace;
  /** Path of job.ts or of its built form. */
  jobEntry: string;
}

export interface Engine {
  /** Where other processes connect (transport/socket.ts). */
  readonly address: string;
  /** Connects a client over any channel: the user himself, unless it introduces itself as a window (transport/relay.ts). */
  attach(channel: Channel): void;
  /** A client in this process. */
  client(): EngineClient;
  /** Ids of runs that run or wait. */
  busy(): string[];
  /** Stops what runs after it has saved, then closes store and socket. */
  close(): Promise<void>;
}

/**
 * Starts the engine of a workspace.
 * @throws CriaError `busy` when another engine has it; `too-new` for a database of a later version
 */
export async function startEngine({ workspace, jobEntry }: EngineOptions): Promise<Engine> {
  const address = chooseAddress(workspace.root);
  const lock = acquireWorkspaceLock(workspace.root, { socket: address });
  let store: Store;
  let socket: ListeningSocket;
  const senders = new Set<<E extends EventName>(event: E, data: EventOf<E>) => void>();
  // src/main/job.ts and out/main/job.js both lie two folders below the project's.
  const configFolder = resolve(dirname(jobEntry), '../../config');
  const attach = (channel: Channel): void => {
    let caller: Caller = OWNER;
    channel.onMessage((message) => {
      const folders = readIntroduction(message);
      if (!folders) return;
      const window = caller instanceof WindowCaller ? caller : new WindowCaller({
        readable: [workspace.root, configFolder, modelCache()],
        writable: [workspace.corpora, workspace.tokenizers, workspace.data],
      });
      for (const folder of folders) window.choose(folder);
      caller = window;
    });
    const send = serve(channel, handlers, () => caller);
    senders.add(send);
    channel.onClose(() => senders.delete(send));
  };
  try {
    store = Store.open(workspace.database);
    socket = await listen(address, attach);
  } catch (error) {
    lock.release();
    throw error;
  }
  const emit = <E extends EventName>(event: E, data: EventOf<E>): void => senders.forEach((send) => send(event, data));
  const queue = new JobQueue({ store, workspace, jobEntry, emit });
  const client = (): EngineClient => {
    const [ours, theirs] = channelPair();
    attach(ours);
    return createClient(theirs);
  };
  const handlers = makeHandlers({ store, workspace, queue, emit, configFolder, client });
  await recover(store, workspace, queue);

  return {
    address,
    attach,
    client,
    busy: () => [...queue.running, ...queue.waiting],
    async close() {
      await queue.close();
      socket.close();
      store.close();
      lock.release();
    },
  };
}

/** Puts right what an engine that died left behind: orphaned jobs, metrics it had not taken in, runs that still claim to run. */
async function recover(store: Store, workspace: Workspace, queue: JobQueue): Promise<void> {
  const { rows: left } = store.listRuns({ states: ['running'], limit: 10_000 });
  for (const { id } of left) {
    const { pid } = store.getRun(id);
    if (pid !== null) await endOrphan(pid, workspace.runFolder(id));
    store.takeInMetricFile(id, join(workspace.runFolder(id), METRIC_FILE));
    const error = new CriaError('internal', 'Cria ended while this run was under way.', `\`cria resume ${id}\` goes on from its last checkpoint.`);
    store.updateRun(id, { state: 'interrupted', pid: null, finishedAt: Date.now(), error: { code: error.code, message: error.message, hint: error.hint } });
  }
  const paused = store.listRuns({ states: ['paused'], limit: 10_000 }).rows.filter(({ error }) => error?.code === 'no-space');
  queue.adoptWaitingForRoom(paused.map(({ id }) => id));
  // The lock is ours and the orphans have ended, so that nobody is at work on what has a temporary name.
  for (const folder of [workspace.models, workspace.tokenizers, workspace.corpora, workspace.data]) removeUnfinished(folder, 3);
  const waiting = store.listRuns({ states: ['waiting'], sort: 'created', descending: false, limit: 10_000 });
  queue.adoptWaiting(waiting.rows.map((run) => run.id));
}
