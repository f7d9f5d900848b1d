/** What all commands share: the engine, waiting for runs, printing results as text or JSON. */
import { resolve } from 'node:path';
import type { Command } from 'commander';
import pc from 'picocolors';
import { CriaError } from '../../shared/errors.ts';
import { JOB_RESULTS, type JobKind, type JobResults } from '../../shared/jobs.ts';
import type { RunDetail } from '../../shared/records.ts';
import { workspaceFolder } from '../workspaceFolder.ts';
import { jobEntryBeside, openConnection, type Connection } from './connect.ts';
import { watchRun } from './watch.ts';

export class Terminal {
  readonly #program: Command;
  readonly jobEntry: string;

  constructor(program: Command, cliEntry: string) {
    this.#program = program;
    this.jobEntry = jobEntryBeside(cliEntry);
  }

  get #options(): { workspace?: string; json?: boolean } {
    return this.#program.opts();
  }

  get json(): boolean {
    return this.#options.json ?? false;
  }

  get workspaceFolder(): string {
    return workspaceFolder(this.#options.workspace);
  }

  /** Connects to the workspace's engine; the caller closes the connection. */
  open(): Promise<Connection> {
    return openConnection(this.workspaceFolder, this.jobEntry);
  }

  /** Connects to the workspace's engine for the time of one command. */
  async withEngine<T>(action: (connection: Connection) => Promise<T>): Promise<T> {
    const connection = await this.open();
    try {
      const result = await action(connection);
      await this.#letOthersFinish(connection);
      return result;
    } finally {
      await connection.close();
    }
  }

  /** Another terminal may have handed its runs to the engine in this process; leaving now would stop them. */
  async #letOthersFinish({ engine, client }: Connection): Promise<void> {
    const busy = engine?.busy() ?? [];
    for (const runId of busy) {
      const run = await client.request('run.get', { run: runId });
      process.stderr.write(`Still here for run ${runId} (${run.name}), which another terminal started; Ctrl-C stops it.\n`);
      await watchRun(client, runId).catch(() => {
        // Its own terminal reports how it ended.
      });
    }
  }

  /** Waits for a run that a request has started and returns its result, checked. */
  async finish<K extends JobKind>(connection: Connection, kind: K, started: { runId: string; warnings: string[] }): Promise<JobResults[K]> {
    const run = await this.finishRun(connection, started);
    return JOB_RESULTS[kind].parse(run.result) as JobResults[K];
  }

  async finishRun({ client }: Connection, started: { runId: string; warnings: string[] }): Promise<RunDetail> {
    for (const warning of started.warnings) this.warn(warning);
    return watchRun(client, started.runId);
  }

  warn(message: string): void {
    process.stderr.write(`${pc.yellow(`warning: ${message}`)}\n`);
  }

  /** Prints a result: the value with --json, else what `text` makes of it. */
  print<T>(value: T, text: (value: T) => string): void {
    process.stdout.write(`${this.json ? JSON.stringify(value) : text(value)}\n`);
  }
}

/** A path that the user typed, absolute: the engine may live in another folder. */
export function absolute(path: string): string {
  return resolve(path);
}

/** A model reference: kept when it is a plain name, made absolute when it is a path. */
export function modelReference(given: string): string {
  return /[\\/]/.test(given) || given === '.' ? resolve(given) : given;
}

/** @throws CriaError `bad-request` naming the option */
export function parseInteger(option: string): (text: string) => number {
  return (text) => {
    const value = Number(text);
    if (!Number.isSafeInteger(value)) throw new CriaError('bad-request', `${option} takes a whole number, not "${text}".`);
    return value;
  };
}
