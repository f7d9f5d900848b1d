/**
 * The engine: the services behind the contract, the store and the queue, for one workspace. It never loads TensorFlow. The command
 * line and the tests start it in their own process; the shell will fork it as a utility process.
 */
import { existsSync } from 'node:fs';
import { basename, join, resolve } from 'node:path';
import type { EventName, EventOf } from '../shared/contract.ts';
import { CriaError } from '../shared/errors.ts';
import { channelPair, createClient, serve, type Channel, type EngineClient, type Handlers } from '../shared/protocol.ts';
import { readRunConfig } from './config/readRunConfig.ts';
import { compareRuns } from './compare.ts';
import { METRIC_FILE } from './queue/jobMessages.ts';
import { endOrphan } from './queue/orphans.ts';
import { JobQueue } from './queue/queue.ts';
import { acquireWorkspaceLock } from './store/lock.ts';
import { Store } from './store/store.ts';
import { chooseAddress, listen, type ListeningSocket } from './transport/socket.ts';
import { VERSION } from './version.ts';
import { Workspace } from './workspace.ts';

export interface EngineOptions {
  workspace: Workspace;
  /** Path of job.ts or of its built form. */
  jobEntry: string;
}

export interface Engine {
  /** Connects a client over any channel. */
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
  const attach = (channel: Channel): void => {
    const send = serve(channel, handlers);
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
  const handlers = makeHandlers(store, workspace, queue);
  await recover(store, workspace, queue);

  return {
    attach,
    client() {
      const [ours, theirs] = channelPair();
      attach(ours);
      return createClient(theirs);
    },
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
    if (pid !== null) await endOrphan(pid, id);
    const metricFile = join(workspace.runFolder(id), METRIC_FILE);
    if (existsSync(metricFile)) store.takeInMetricFile(id, metricFile);
    const error = new CriaError('internal', 'Cria ended while this run was under way.', `\`cria resume ${id}\` goes on from its last checkpoint.`);
    store.updateRun(id, { state: 'interrupted', pid: null, finishedAt: Date.now(), error: { code: error.code, message: error.message, hint: error.hint } });
  }
  const waiting = store.listRuns({ states: ['waiting'], sort: 'created', descending: false, limit: 10_000 });
  queue.adoptWaiting(waiting.rows.map((run) => run.id));
}

function makeHandlers(store: Store, workspace: Workspace, queue: JobQueue): Handlers {
  const started = (runId: string, warnings: string[] = []) => ({ runId, warnings });
  const findRun = (reference: string) => store.getRun(store.findRun(reference));

  return {
    'engine.info': () => ({ version: VERSION, pid: process.pid, workspace: workspace.root, running: queue.running, waiting: queue.waiting }),

    'corpus.clean': (params) => started(queue.submit({ kind: 'clean', name: `Clean ${basename(params.input)}`, params })),
    'corpus.encode': (params) => started(queue.submit({ kind: 'encode', name: `Encode ${basename(params.input)}`, params })),
    'tokenizer.train': (params) => started(queue.submit({ kind: 'tokenizer', name: `Tokenizer ${basename(params.output)}`, params })),
    'demo.makeCorpus': (params) => started(queue.submit({ kind: 'demo-corpus', name: 'Demo corpus', params })),

    'run.start'({ configFile, workingFolder, overrides, method }) {
      const { config, warnings } = readRunConfig(configFile, { overrides, searchFolders: [workingFolder, workspace.root] });
      if (method === 'distil' && !config.distillation) {
        throw new CriaError('bad-config', `${configFile} has no "distillation" section, so there is no teacher to distil from.`,
          'Add one (see config/distil-58M.yaml), or run it with `cria train`.');
      }
      if (method === 'train' && config.distillation) {
        throw new CriaError('bad-config', `${configFile} has a "distillation" section.`, 'Run it with `cria distill`, or take the section out.');
      }
      const name = config.model.name;
      if (existsSync(workspace.modelFolder(name))) {
        throw new CriaError('exists', `There is a model named "${name}" already (${workspace.modelFolder(name)}).`,
          'Choose another name with --model-name, or remove that model first.');
      }
      const rival = store.listRuns({ kinds: ['train'], states: ['running', 'waiting'], limit: 10_000 }).rows.find((run) => run.modelName === name);
      if (rival) throw new CriaError('exists', `Run ${rival.id} is making a model named "${name}".`, 'Choose another name with --model-name.');
      // Paths become absolute and a missing teacher is refused now, not when the queue gets to it.
      const teachers = config.distillation?.teachers.map((teacher) => {
        const reference = /[\\/]/.test(teacher) ? resolve(workingFolder, teacher) : teacher;
        workspace.resolveModel(reference);
        return reference;
      });
      const runId = queue.submit({
        kind: 'train',
        name,
        modelName: name,
        project: config.logging.project,
        seed: config.training.seed,
        params: { config: { ...config, distillation: config.distillation && { ...config.distillation, teachers: teachers! } }, resume: false },
      });
      return started(runId, warnings.map(({ line, message }) => (line === null ? message : `line ${line}: ${message}`)));
    },
    'run.resume'({ run }) {
      const { id } = findRun(run);
      queue.resume(id);
      return started(id);
    },
    'run.stop'({ runId }) {
      queue.stop(runId);
      return {};
    },
    'run.list': (filter) => store.listRuns(filter),
    'run.get': ({ run }) => {
      const detail = findRun(run);
      return { ...detail, folder: workspace.runFolder(detail.id) };
    },
    'run.metrics': ({ runId, names, maxPoints }) => store.metricSeries(runId, names, { maxPoints }),
    'run.log': ({ runId, limit }) => store.listLog(runId, { limit }),
    'run.compare': ({ runs }) => compareRuns(store, runs.map((run) => findRun(run).id)),

    'evaluation.start'({ models, suites, data, out, download }) {
      const resolved = models.map((model) => workspace.resolveModel(model));
      const name = `Evaluate ${resolved.map((model) => model.name).join(', ')}`;
      return started(queue.submit({ kind: 'evaluate', name, params: { models: resolved, suites, data, out, download } }));
    },
    'evaluation.score'({ model, pairs }) {
      const resolved = workspace.resolveModel(model);
      return started(queue.submit({ kind: 'score', name: `Score ${basename(pairs)} with ${resolved.name}`, params: { model: resolved, pairs } }));
    },
    'evaluation.list': (filter) => store.listEvaluations(filter),
    'evaluation.subtasks': ({ evaluationId }) => store.listSubtasks(evaluationId),

    'model.list': () => store.listModels(),
    'model.import'({ source, name }) {
      const target = name ?? basename(source);
      if (existsSync(workspace.modelFolder(target))) {
        throw new CriaError('exists', `There is a model named "${target}" already.`, 'Choose another name with --name.');
      }
      return started(queue.submit({ kind: 'import', name: `Import ${target}`, modelName: target, params: { source, name: target } }));
    },
    'model.export'({ model, output }) {
      const resolved = workspace.resolveModel(model);
      return started(queue.submit({ kind: 'export', name: `Export ${resolved.name}`, params: { model: resolved, output } }));
    },
  };
}
