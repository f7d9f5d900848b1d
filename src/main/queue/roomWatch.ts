/** Runs that a full disk has paused: they go on by themselves as soon as there is room for what they could not write. */
import { statfsSync } from 'node:fs';
import { listCheckpoints } from '../training/runFiles.ts';

const POLL_MS = 3000;
/** A checkpoint, and what is written beside it until the next. */
const CHECKPOINT_SHARE = 1.25;
/** Asked for where no checkpoint tells how much a run writes at once. */
const LEAST_BYTES = 1 << 20;

export class RoomWatch {
  readonly #folderOf: (runId: string) => string;
  readonly #goOn: (runId: string) => void;
  /** Free bytes that each run waits for. */
  readonly #wanted = new Map<string, number>();
  #timer: NodeJS.Timeout | null = null;

  constructor(folderOf: (runId: string) => string, goOn: (runId: string) => void) {
    this.#folderOf = folderOf;
    this.#goOn = goOn;
  }

  add(runId: string): void {
    const folder = this.#folderOf(runId);
    const checkpoint = Math.max(0, ...listCheckpoints(folder).map(({ bytes }) => bytes));
    // More than is free now, for that was not enough.
    this.#wanted.set(runId, Math.max(freeBytes(folder) + 1, checkpoint * CHECKPOINT_SHARE, checkpoint ? 0 : freeBytes(folder) + LEAST_BYTES));
    this.#timer ??= setInterval(() => this.#look(), POLL_MS).unref();
  }

  /** @returns whether it was waited for */
  remove(runId: string): boolean {
    const known = this.#wanted.delete(runId);
    if (this.#wanted.size === 0) this.close();
    return known;
  }

  close(): void {
    if (this.#timer) clearInterval(this.#timer);
    this.#timer = null;
  }

  #look(): void {
    for (const [runId, wanted] of [...this.#wanted]) {
      if (freeBytes(this.#folderOf(runId)) < wanted) continue;
      this.remove(runId);
      this.#goOn(runId);
    }
  }
}

function freeBytes(folder: string): number {
  const { bavail, bsize } = statfsSync(folder);
  return bavail * bsize;
}
