/** The world that processes are killed in: a workspace, its shell and engine, a client that remembers all it was shown. */
import Database from 'better-sqlite3';
import { spawn, type ChildProcess } from 'node:child_process';
import { createHash } from 'node:crypto';
import { existsSync, readdirSync, readFileSync, statSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { createClient, type EngineClient } from '../../src/shared/protocol.ts';
import type { RunDetail } from '../../src/shared/records.ts';
import { readWorkspaceLock } from '../../src/main/store/lock.ts';
import { connect } from '../../src/main/transport/socket.ts';

const PATIENCE_MS = 120_000;
const ENDED = new Set(['interrupted', 'done', 'failed', 'stopped', 'paused']);
const LOSSES = ['train/loss', 'eval/loss', 'train/gradientNorm'];

export class World {
  readonly workspace: string;
  #shell: ChildProcess | null = null;
  #client: EngineClient | null = null;
  /** Values by run, metric and step, as a window has shown them. */
  readonly shown = new Map<string, Map<string, number>>();
  /** Runs that were shown as done. */
  readonly done = new Set<string>();
  readonly scores = new Set<string>();

  readonly #environment: NodeJS.ProcessEnv;

  /** @param environment of the shell and of all that it starts */
  constructor(workspace: string, environment: NodeJS.ProcessEnv = process.env) {
    this.workspace = workspace;
    this.#environment = environment;
  }

  /** A connection to an engine that lives; starts a shell where there is none. */
  async client(): Promise<EngineClient> {
    for (const start = performance.now(); performance.now() - start < PATIENCE_MS; await sleep(50)) {
      if (!this.#shell || this.#shell.exitCode !== null || this.#shell.signalCode !== null) this.#startShell();
      if (this.#client) {
        const alive = await this.#client.request('engine.info', {}).catch(() => null);
        if (alive) return this.#client;
        this.#client = null;
      }
      const socket = readWorkspaceLock(this.workspace)?.socket;
      const channel = socket ? await connect(socket).catch(() => null) : null;
      if (!channel) continue;
      this.#client = createClient(channel);
      this.#watch(this.#client);
    }
    throw new Error('No engine came up.');
  }

  async ask<T>(action: (client: EngineClient) => Promise<T>): Promise<T> {
    for (let attempt = 0; ; attempt++) {
      const client = await this.client();
      try {
        return await action(client);
      } catch (error) {
        // An engine that died under the request has answered nothing; any other refusal stands.
        if ((error as { code?: string }).code !== 'internal' || !/engine is gone/.test((error as Error).message) || attempt === 20) throw error;
      }
    }
  }

  async kill(victim: 'job' | 'engine' | 'shell' | 'all', runId: string): Promise<boolean> {
    const job = victim === 'job' || victim === 'all' ? (await this.ask((client) => client.request('run.get', { run: runId }))).pid : null;
    const engine = victim === 'engine' || victim === 'all' ? (await this.ask((client) => client.request('engine.info', {}))).pid : null;
    const shell = victim === 'shell' || victim === 'all' ? (this.#shell?.pid ?? null) : null;
    const pids = [job, engine, shell].filter((pid): pid is number => pid !== null);
    for (const pid of pids) {
      try {
        process.kill(pid, 'SIGKILL');
      } catch {
        return false; // It had just ended by itself.
      }
    }
    return pids.length > 0;
  }

  /** Waits until a run rests. */
  async rest(runId: string): Promise<RunDetail> {
    for (const start = performance.now(); performance.now() - start < PATIENCE_MS; await sleep(40)) {
      const run = await this.ask((client) => client.request('run.get', { run: runId }));
      if (ENDED.has(run.state)) return run;
    }
    throw new Error(`Run ${runId} did not come to rest.`);
  }

  async close(): Promise<void> {
    const shell = this.#shell;
    this.#client?.close();
    const engine = readWorkspaceLock(this.workspace)?.pid;
    if (shell && shell.exitCode === null && shell.signalCode === null) {
      const gone = new Promise((resolve_) => shell.once('exit', resolve_));
      shell.kill('SIGKILL');
      await gone;
    }
    // Without its shell the engine saves and ends.
    for (const start = performance.now(); engine !== undefined && readWorkspaceLock(this.workspace)?.pid === engine && performance.now() - start < PATIENCE_MS; ) await sleep(50);
  }

  /** What was shown and is not there any more, or is another. */
  async lost(): Promise<string[]> {
    const problems: string[] = [];
    for (const runId of this.shown.keys()) {
      const kept = await this.#values(runId);
      for (const [at, value] of this.shown.get(runId)!) {
        const now = kept.get(at);
        if (now === undefined) problems.push(`lost: ${at} of run ${runId}`);
        else if (!Object.is(now, value)) problems.push(`different: ${at} of run ${runId} was ${value}, is ${now}`);
      }
    }
    for (const runId of this.done) {
      const { state } = await this.ask((client) => client.request('run.get', { run: runId }));
      if (state !== 'done') problems.push(`lost: run ${runId} was done and is ${state}`);
    }
    const recorded = new Set((await this.ask((client) => client.request('evaluation.list', {}))).map(({ runId, model, suite }) => `${runId} ${model} ${suite}`));
    for (const score of this.scores) if (!recorded.has(score)) problems.push(`lost: score ${score}`);
    return problems;
  }

  /** SQLite's own check of the database, and of its references. */
  damage(): string[] {
    const db = new Database(join(this.workspace, 'cria.db'), { readonly: true, fileMustExist: true });
    try {
      const integrity = (db.pragma('integrity_check') as { integrity_check: string }[]).map((row) => row.integrity_check).filter((text) => text !== 'ok');
      const references = (db.pragma('foreign_key_check') as { table: string }[]).map(({ table }) => `a row of ${table} refers to nothing`);
      return [...integrity, ...references];
    } finally {
      db.close();
    }
  }

  #startShell(): void {
    this.#client = null;
    this.#shell = spawn(process.execPath, ['--disable-warning=ExperimentalWarning', resolve(import.meta.dirname, 'shell.ts'), this.workspace], { stdio: ['ignore', 'inherit', 'inherit'], env: this.#environment });
  }

  #watch(client: EngineClient): void {
    client.on('run.measured', ({ runId }) => void this.#show(client, runId));
    client.on('run.changed', ({ id, state }) => {
      if (state === 'done') this.done.add(id);
    });
    client.on('evaluation.recorded', ({ runId, model, suite }) => this.scores.add(`${runId} ${model} ${suite}`));
  }

  /** As a page does when it hears of new metrics: asks for the curves, and draws them. */
  async #show(client: EngineClient, runId: string): Promise<void> {
    const values = await this.#values(runId, client).catch(() => null);
    if (!values) return; // The engine died before it answered: nothing was drawn.
    const shown = this.shown.get(runId) ?? new Map<string, number>();
    this.shown.set(runId, shown);
    for (const [at, value] of values) shown.set(at, value);
  }

  async #values(runId: string, client?: EngineClient): Promise<Map<string, number>> {
    const request = (asked: EngineClient) => asked.request('run.metrics', { runId, names: LOSSES, maxPoints: 10_000 });
    const series = client ? await request(client) : await this.ask(request);
    return new Map(series.flatMap(({ metric, steps, values }) => steps.map((step, i) => [`${metric} of step ${step}`, values[i]!] as const)));
  }
}

/** A model's lineage and its card name the run and its times. */
const DATED = ['cria.json', 'README.md'];

/** SHA-256 of every file of a folder, or of one file, by relative path. Left out: what holds times or a run's id. */
export function contents(path: string): Map<string, string> {
  if (!existsSync(path)) return new Map();
  const names = statSync(path).isDirectory() ? readdirSync(path, { recursive: true, encoding: 'utf8' }).filter((name) => statSync(join(path, name)).isFile()) : [''];
  return new Map(names.filter((name) => !DATED.includes(name)).map((name) => [name, createHash('sha256').update(readFileSync(join(path, name))).digest('hex')]));
}
