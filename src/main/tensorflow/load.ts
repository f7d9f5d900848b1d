/**
 * How busy this machine is with a job: its own process, and the graphics cards where there are any. Asked while a run logs, so it answers
 * at once from what was found last.
 */
import { execFile } from 'node:child_process';
import os from 'node:os';

/** Cards are asked at most this often: starting nvidia-smi takes a few hundredths of a second of another process. */
const ASK_EVERY_MS = 5000;
const TIMEOUT_MS = 4000;
const QUERY = ['--query-gpu=utilization.gpu,memory.used', '--format=csv,noheader,nounits'];

export interface Cards {
  /** Mean over the cards, percent. */
  utilisation: number;
  /** Sum over the cards. */
  memoryBytes: number;
}

/** What nvidia-smi prints, one line a card: percent, MiB. Null when there is no card or a driver does not tell ("[N/A]"). */
export function parseCards(text: string): Cards | null {
  const cards = text.trim().split('\n').map((line) => line.split(',').map(Number));
  if (!cards.length || cards.some(([load, memory]) => !Number.isFinite(load) || !Number.isFinite(memory))) return null;
  return {
    utilisation: cards.reduce((sum, [load]) => sum + load!, 0) / cards.length,
    memoryBytes: cards.reduce((sum, [, memory]) => sum + memory!, 0) * 2 ** 20,
  };
}

export class LoadMeter {
  readonly #program: string;
  /** Null: none found; asked no more. */
  #isThere = true;
  #asking = false;
  #askedAt = -Infinity;
  #cards: Cards | null = null;
  #processor = process.cpuUsage();
  #since = performance.now();

  /** @param program tells of the cards; tests bring their own */
  constructor(program = 'nvidia-smi') {
    this.#program = program;
    this.#askCards();
  }

  /** Metrics of this process since the last call, and of the cards as they were a moment ago; nothing about cards where there are none. */
  metrics(): Record<string, number> {
    this.#askCards();
    const now = performance.now();
    const { user, system } = process.cpuUsage(this.#processor);
    const busy = (user + system) / 1000 / Math.max(1, now - this.#since);
    [this.#processor, this.#since] = [process.cpuUsage(), now];
    return {
      'memory/rssBytes': process.memoryUsage.rss(),
      // All processors busy with this job: 100 %.
      'cpu/utilisation': Math.min(100, (100 * busy) / os.availableParallelism()),
      ...(this.#cards ? { 'gpu/utilisation': this.#cards.utilisation, 'gpu/memoryBytes': this.#cards.memoryBytes } : {}),
    };
  }

  #askCards(): void {
    const now = performance.now();
    if (!this.#isThere || this.#asking || now - this.#askedAt < ASK_EVERY_MS) return;
    [this.#asking, this.#askedAt] = [true, now];
    execFile(this.#program, QUERY, { timeout: TIMEOUT_MS, windowsHide: true }, (error, stdout) => {
      this.#asking = false;
      // Not installed: that will not change while a run goes on. A driver that failed once may answer again.
      if ((error as NodeJS.ErrnoException | null)?.code === 'ENOENT') this.#isThere = false;
      this.#cards = error ? null : parseCards(stdout);
    });
  }
}
