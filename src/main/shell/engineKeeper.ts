/**
 * Keeps an engine for the workspace: attaches to the one that another terminal runs, else starts one and starts it again when it dies.
 * Its clients' channels close with the engine; they ask for a new connection, which waits until an engine is there.
 */
import { setTimeout as sleep } from 'node:timers/promises';
import { CriaError } from '../../shared/errors.ts';
import type { Channel } from '../../shared/protocol.ts';
import { readWorkspaceLock } from '../store/lock.ts';
import { connect } from '../transport/socket.ts';
import { startEngineProcess, type EngineCommand, type EngineProcess } from './engineProcess.ts';

/** Waits before a start, by how often it went wrong: an engine that dies as it starts must not keep a core busy. */
const RESTART_MS = [0, 500, 1000, 2000, 5000, 10_000];
/** Who lived this long did not die of its start. */
const HEALTHY_MS = 60_000;
/** Another engine that has the workspace but does not answer may be starting, or saving as it ends. */
const BUSY_LIMIT_MS = 30_000;
const BUSY_POLL_MS = 300;

export class EngineKeeper {
  /** Told when no engine can be had; nothing is tried until {@link retry}. */
  onFailure: (error: CriaError) => void = () => {};
  readonly #command: EngineCommand;
  #own: EngineProcess | null = null;
  #finding: Promise<string> | null = null;
  #failure: CriaError | null = null;
  #deaths = 0;
  #closing = false;

  constructor(command: EngineCommand) {
    this.#command = command;
  }

  /** The own engine's process; null while there is none. An engine of another terminal is not ours to end. */
  get pid(): number | null {
    return this.#own?.pid ?? null;
  }

  /**
   * A connection to the workspace's engine, which is started when there is none.
   * @throws CriaError what hinders it, or the system's error when the engine has just gone
   */
  async connect(): Promise<Channel> {
    return connect(await this.#find());
  }

  /** Forgets a failure and tries again. */
  retry(): void {
    this.#failure = null;
    this.#find().catch(() => {}); // A failure is told of as the first was.
  }

  /** Lets the own engine save what runs and end. Settles when it is gone; a foreign engine is left alone. */
  async close(): Promise<void> {
    this.#closing = true;
    await this.#finding?.catch(() => null);
    const own = this.#own;
    own?.end();
    await own?.ended;
  }

  /** Ends the own engine without waiting for what runs; the next start resumes from the last checkpoint. */
  kill(): void {
    this.#closing = true;
    this.#own?.kill();
  }

  /** Where the engine listens. */
  #find(): Promise<string> {
    if (this.#closing) return Promise.reject(new CriaError('cancelled', 'Cria is closing.'));
    if (this.#failure) return Promise.reject(this.#failure);
    if (this.#own) return Promise.resolve(this.#own.address);
    this.#finding ??= this.#attachOrStart()
      .catch((thrown: unknown) => {
        const error = thrown instanceof CriaError ? thrown : new CriaError('internal', (thrown as Error).message, '', { cause: thrown });
        if (!this.#closing) this.onFailure((this.#failure = error));
        throw error;
      })
      .finally(() => {
        this.#finding = null;
      });
    return this.#finding;
  }

  async #attachOrStart(): Promise<string> {
    const wait = RESTART_MS[Math.min(this.#deaths, RESTART_MS.length - 1)]!;
    if (wait) await sleep(wait);
    for (const start = Date.now(); ; await sleep(BUSY_POLL_MS)) {
      if (this.#closing) throw new CriaError('cancelled', 'Cria is closing.');
      const lock = readWorkspaceLock(this.#command.workspace);
      if (lock?.socket && (await answers(lock.socket))) return lock.socket;
      try {
        return this.#adopt(await startEngineProcess(this.#command));
      } catch (error) {
        const busy = error instanceof CriaError && error.code === 'busy';
        if (!busy || Date.now() - start > BUSY_LIMIT_MS) throw error;
      }
    }
  }

  #adopt(engine: EngineProcess): string {
    const since = Date.now();
    this.#own = engine;
    void engine.ended.then(() => {
      this.#own = null;
      if (this.#closing) return;
      this.#deaths = Date.now() - since > HEALTHY_MS ? 1 : this.#deaths + 1;
      // At once, not when a window asks: waiting runs go on by themselves.
      this.retry();
    });
    return engine.address;
  }
}

async function answers(address: string): Promise<boolean> {
  try {
    (await connect(address)).close();
    return true;
  } catch {
    return false;
  }
}
