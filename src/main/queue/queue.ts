/**
 * The life of a run: waiting -> running -> done, failed, stopped or interrupted; the last three can be resumed. The queue owns that
 * state, writes every change to the store first and tells about it after.
 */
import { join } from 'node:path';
import { CriaError, toWireError } from '../../shared/errors.ts';
import { FILE_KINDS, INTERACTIVE_KINDS, JOB_RESULTS, RESUMABLE_KINDS, type JobKind, type JobParams } from '../../shared/jobs.ts';
import type { EventName, EventOf } from '../../shared/contract.ts';
import type { JobReport, LogLevel } from '../../shared/progress.ts';
import type { Store } from '../store/store.ts';
import type { Workspace } from '../workspace.ts';
import { whatWouldFit } from '../config/fit.ts';
import { makeFolder } from '../disk/atomic.ts';
import { circumstances } from './circumstances.ts';
import { METRIC_FILE } from './jobMessages.ts';
import { isAboutMemory, startJob, type JobEnd, type RunningJob } from './jobProcess.ts';
import { afterwards, recordOutcome, recordScore } from './outcomes.ts';
import { RoomWatch } from './roomWatch.ts';

export interface NewRun<K extends JobKind> {
  kind: K;
  name: string;
  params: JobParams<K>;
  project?: string;
  modelName?: string;
  seed?: number;
}

type RunChange = Parameters<Store['updateRun']>[1];
type Emit = <E extends EventName>(event: E, data: EventOf<E>) => void;

export interface QueueOptions {
  store: Store;
  workspace: Workspace;
  /** Path of job.ts or of its built form. */
  jobEntry: string;
  emit: Emit;
  /** Jobs that run at the same time; training jobs share one device, so 1 unless told. */
  slots?: number;
}

export class JobQueue {
  readonly #options: QueueOptions;
  readonly #running = new Map<string, { job: RunningJob; kind: JobKind; stopping: boolean; pausing: boolean }>();
  /** Run ids in the order in which they will start. */
  readonly #waiting: string[] = [];
  /** Metric takings in flight, coalesced: a fast job must not make the store busy. */
  readonly #measured = new Map<string, { step: number; timer: NodeJS.Timeout }>();
  /** Changes that the store had no room for; made good when it has. */
  readonly #unstored = new Map<string, RunChange>();
  readonly #room: RoomWatch;
  #retry: NodeJS.Timeout | null = null;
  #closing = false;
  #held = false;

  constructor(options: QueueOptions) {
    this.#options = options;
    this.#room = new RoomWatch((id) => options.workspace.runFolder(id), (id) => this.resume(id));
  }

  get running(): string[] {
    return [...this.#running.keys()];
  }

  get waiting(): string[] {
    return [...this.#waiting];
  }

  /** Whether nothing more is started for now. */
  get held(): boolean {
    return this.#held;
  }

  /** Starts nothing more until it is let go; what runs goes on. */
  hold(held: boolean): void {
    this.#held = held;
    this.#tellOrder();
    this.#startNext();
  }

  /**
   * Puts a waiting run in front of another, or at the end.
   * @throws CriaError `bad-request` when it is not waiting (any more)
   */
  move(id: string, before: string | null): void {
    const from = this.#waiting.indexOf(id);
    if (from < 0) throw new CriaError('bad-request', `Run ${id} is not waiting any more.`);
    this.#waiting.splice(from, 1);
    const to = before === null ? -1 : this.#waiting.indexOf(before);
    this.#waiting.splice(to < 0 ? this.#waiting.length : to, 0, id);
    this.#tellOrder();
  }

  /** Stores a new run and starts it when its turn comes. Returns its id. */
  submit<K extends JobKind>(run: NewRun<K>): string {
    const { store } = this.#options;
    const { id } = store.createRun({ ...run, project: run.project ?? '' });
    this.#enqueue(id);
    return id;
  }

  /** @throws CriaError `bad-request` when that run cannot go on */
  resume(id: string): void {
    const run = this.#options.store.getRun(id);
    if (run.state === 'done') throw new CriaError('bad-request', `Run ${id} (${run.name}) is done; there is nothing left to do.`);
    if (run.state === 'running' || run.state === 'waiting') throw new CriaError('busy', `Run ${id} (${run.name}) is ${run.state} already.`);
    if (!RESUMABLE_KINDS.includes(run.kind)) {
      throw new CriaError('bad-request', `A run of kind "${run.kind}" keeps no checkpoints, so it cannot be resumed.`, 'Start it again.');
    }
    this.#room.remove(id);
    const params = run.kind === 'train' ? { ...(run.params as object), resume: true } : run.params;
    this.#options.store.updateRun(id, { params, error: null, finishedAt: null, progress: null });
    this.#enqueue(id);
  }

  /** Asks a run to end after saving, to go on later. @throws CriaError `bad-request` when its kind cannot */
  pause(id: string): void {
    const run = this.#options.store.getRun(id);
    if (!RESUMABLE_KINDS.includes(run.kind)) throw new CriaError('bad-request', `A run of kind "${run.kind}" cannot go on later.`, 'Stop it, and start it again.');
    const queued = this.#waiting.indexOf(id);
    if (queued >= 0) {
      this.#waiting.splice(queued, 1);
      this.#change(id, { state: 'paused' });
      this.#tellOrder();
      return;
    }
    const running = this.#running.get(id);
    if (!running) throw new CriaError('bad-request', `Run ${id} is not running.`);
    if (running.stopping) return;
    running.stopping = running.pausing = true;
    running.job.stop();
  }

  /** Asks a run to end after saving; a second time ends its process at once. */
  stop(id: string): void {
    const queued = this.#waiting.indexOf(id);
    if (queued >= 0) {
      this.#waiting.splice(queued, 1);
      this.#change(id, { state: 'stopped', finishedAt: Date.now() });
      this.#tellOrder();
      return;
    }
    if (this.#room.remove(id)) {
      this.#change(id, { state: 'stopped', finishedAt: Date.now() });
      return;
    }
    const running = this.#running.get(id);
    if (!running) throw new CriaError('bad-request', `Run ${id} is not running.`);
    if (running.stopping && !running.pausing) running.job.kill();
    running.stopping = true;
    running.pausing = false;
    running.job.stop();
  }

  /** Stops everything that runs, waits until it has saved, and starts nothing more; what waits goes on waiting for a later engine. */
  async close(): Promise<void> {
    this.#closing = true;
    this.#room.close();
    const ends = [...this.#running.values()].map(({ job }) => job.ended);
    for (const [id, { stopping }] of this.#running) if (!stopping) this.stop(id);
    await Promise.all(ends);
    // Each end is recorded by a continuation that was attached first, so by now the store has it, if it has room.
    if (this.#retry) clearTimeout(this.#retry);
    this.#storeAgain();
  }

  /** Takes up the runs that an earlier engine left waiting. */
  adoptWaiting(ids: readonly string[]): void {
    for (const id of ids) if (!this.#waiting.includes(id)) this.#waiting.push(id);
    this.#startNext();
  }

  /** Takes up the runs that a full disk had paused under an earlier engine. */
  adoptWaitingForRoom(ids: readonly string[]): void {
    for (const id of ids) this.#room.add(id);
  }

  #enqueue(id: string): void {
    this.#waiting.push(id);
    this.#change(id, { state: 'waiting' });
    this.#tellOrder();
    // A client learns the run's id from the answer to its request, which must be on its way before the first event.
    setImmediate(() => this.#startNext());
  }

  #startNext(): void {
    if (this.#closing) return;
    for (const id of [...this.#waiting]) {
      const lane = laneOf(this.#options.store.getSummary(id).kind);
      if (lane !== 'at once' && (this.#held || this.#runningIn(lane) >= (lane === 'device' ? this.#options.slots ?? 1 : 1))) continue;
      this.#waiting.splice(this.#waiting.indexOf(id), 1);
      this.#start(id);
    }
  }

  #runningIn(lane: Lane): number {
    return [...this.#running.values()].filter(({ kind }) => laneOf(kind) === lane).length;
  }

  #start(id: string): void {
    const { store, workspace, jobEntry, emit } = this.#options;
    const run = store.getRun(id);
    const folder = workspace.runFolder(id);
    makeFolder(folder);
    const job = startJob(jobEntry, folder, { kind: run.kind, params: run.params, folder, workspace: workspace.root }, {
      progress: (progress) => {
        // A full disk must not hide how far the run is.
        tolerate(() => store.updateRun(id, { progress }));
        emit('run.progressed', { runId: id, progress });
      },
      log: (level, message) => this.#log(id, level, message),
      measured: (step) => this.#takeInSoon(id, step),
      report: (report) => this.#report(id, report),
    });
    this.#running.set(id, { job, kind: run.kind, stopping: false, pausing: false });
    this.#change(id, { state: 'running', startedAt: run.startedAt ?? Date.now(), pid: job.pid, ...circumstances() });
    this.#tellOrder();
    void job.ended.then((end) => this.#finish(id, run.kind, end));
  }

  #finish(id: string, kind: JobKind, end: JobEnd): void {
    const { stopping, pausing } = this.#running.get(id) ?? { stopping: false, pausing: false };
    this.#running.delete(id);
    this.#tellOrder();
    try {
      tolerate(() => this.#takeIn(id));
      const finished = { finishedAt: Date.now(), pid: null };
      if (end.outcome === 'done') {
        const result = JOB_RESULTS[kind].parse(end.result);
        const known = recordOutcome(this.#options.store, this.#options.workspace, id, kind, result);
        this.#change(id, { ...finished, ...known, state: 'done', result });
        this.#afterwards(id, kind, result);
      } else if (!stopping && ranOutOfMemory(end)) {
        const run = this.#options.store.getRun(id);
        const what = end.outcome === 'failed' ? end.error.message : end.how;
        const error = new CriaError('out-of-memory', `The job ran out of memory: ${what}.`, whatWouldFit(kind, run.params));
        this.#change(id, { ...finished, state: 'failed', error: toWireError(error) });
      } else if (end.outcome === 'failed') {
        // A full disk is no fault of the run's: it goes on when there is room.
        const lacksRoom = end.error.code === 'no-space' && RESUMABLE_KINDS.includes(kind);
        const state = lacksRoom && !stopping ? 'paused' : end.error.code !== 'cancelled' ? 'failed' : pausing ? 'paused' : 'stopped';
        this.#change(id, { ...finished, state, error: state === 'paused' && !lacksRoom ? null : toWireError(end.error) });
        if (lacksRoom && state === 'paused' && !this.#closing) this.#room.add(id);
      } else {
        const hint = RESUMABLE_KINDS.includes(kind) ? `All that it saved is kept: \`cria resume ${id}\` goes on from its last checkpoint.` : 'Start it again.';
        const error = new CriaError(stopping ? 'cancelled' : 'internal', `The job ended early: ${end.how}.`, hint);
        this.#change(id, { ...finished, state: stopping ? 'stopped' : 'interrupted', error: toWireError(error) });
      }
    } catch (error) {
      const { code } = toWireError(error);
      // Its outcome did not find room in the store; resumed, it finds its work done and says so again.
      const lacksRoom = code === 'no-space' && RESUMABLE_KINDS.includes(kind);
      this.#change(id, { state: lacksRoom ? 'paused' : 'failed', finishedAt: Date.now(), pid: null, error: toWireError(error) });
      if (lacksRoom && !this.#closing) this.#room.add(id);
    }
    this.#startNext();
  }

  /** What can fail without harm to the run that is done. */
  #afterwards(id: string, kind: JobKind, result: unknown): void {
    try {
      afterwards(this.#options.store, kind, result);
    } catch (error) {
      this.#log(id, 'warning', `The model's card could not be written: ${(error as Error).message}`);
    }
  }

  /** Stores what has become of a run, and tells it; where the store has no room, it is told now and stored later. */
  #change(id: string, patch: RunChange): void {
    const change = { ...this.#unstored.get(id), ...patch };
    this.#unstored.delete(id);
    if (!tolerate(() => this.#options.store.updateRun(id, change))) {
      this.#unstored.set(id, change);
      this.#retry ??= setTimeout(() => this.#storeAgain(), RETRY_MS).unref();
    }
    const summary = this.#options.store.getSummary(id);
    const told = Object.fromEntries(Object.entries(this.#unstored.get(id) ?? {}).filter(([key]) => key in summary));
    this.#options.emit('run.changed', { ...summary, ...told });
  }

  #storeAgain(): void {
    this.#retry = null;
    for (const [id, change] of [...this.#unstored]) this.#change(id, change);
  }

  #tellOrder(): void {
    this.#options.emit('queue.changed', { running: this.running, waiting: this.waiting, held: this.#held });
  }

  #report(id: string, report: JobReport): void {
    const { store, workspace, emit } = this.#options;
    if (report.type === 'sample') emit('run.sampled', { runId: id, sample: report.sample });
    else if (report.type === 'token') emit('run.generated', { runId: id, token: report.token });
    else if (report.type === 'execution') this.#change(id, { versions: { ...store.getRun(id).versions, precision: report.precision, execution: report.why } });
    else {
      // What cannot be stored now is found in the run's folder at its end.
      if (!tolerate(() => recordScore(store, workspace, id, report.score))) return;
      emit('evaluation.recorded', { runId: id, model: report.score.model, suite: report.score.suite });
    }
  }

  #log(id: string, level: LogLevel, message: string): void {
    const line = { time: Date.now(), level, message };
    tolerate(() => this.#options.store.appendLog(id, line));
    this.#options.emit('run.logged', { runId: id, line });
  }

  /** The first record of a burst is taken in a moment later, together with all that has come by then. */
  #takeInSoon(id: string, step: number): void {
    const planned = this.#measured.get(id);
    if (planned) {
      planned.step = step;
      return;
    }
    const timer = setTimeout(() => {
      try {
        this.#takeIn(id);
      } catch (error) {
        // The file keeps everything; the next taking, or the one at the run's end, makes up for this.
        this.#log(id, 'warning', `Metrics could not be stored yet: ${(error as Error).message}`);
      }
    }, TAKE_IN_DELAY_MS);
    this.#measured.set(id, { step, timer });
  }

  #takeIn(id: string): void {
    const planned = this.#measured.get(id);
    if (planned) clearTimeout(planned.timer);
    this.#measured.delete(id);
    this.#options.store.takeInMetricFile(id, join(this.#options.workspace.runFolder(id), METRIC_FILE));
    if (planned) this.#options.emit('run.measured', { runId: id, step: planned.step });
  }
}

function ranOutOfMemory(end: Exclude<JobEnd, { outcome: 'done' }>): boolean {
  return end.outcome === 'died' ? end.outOfMemory : end.error.code === 'internal' && isAboutMemory(end.error.message);
}

const TAKE_IN_DELAY_MS = 200;
const RETRY_MS = 2000;

/** Does what a full or failing disk may hinder. @returns whether it was done. @throws whatever has another reason */
function tolerate(action: () => void): boolean {
  try {
    action();
    return true;
  } catch (error) {
    const { code } = toWireError(error);
    if (code !== 'no-space' && code !== 'not-writable') throw error;
    return false;
  }
}

/** What a job waits for: the device that trains and scores, the jobs that only read and write files, or nothing. */
type Lane = 'device' | 'files' | 'at once';

function laneOf(kind: JobKind): Lane {
  return INTERACTIVE_KINDS.includes(kind) ? 'at once' : FILE_KINDS.includes(kind) ? 'files' : 'device';
}
