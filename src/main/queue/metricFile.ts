/** A job's side of its metric file: append-only, one JSON record per line, so that a crash costs at most the line being written. */
import { closeSync, fstatSync, ftruncateSync, openSync, readSync, writeSync } from 'node:fs';
import type { MetricRecord } from '../../shared/progress.ts';

const NEWLINE = 0x0a;

/** JSON has no words for these; they travel as strings, as the store reads them. */
function encodeNumber(_key: string, value: unknown): unknown {
  return typeof value === 'number' && !Number.isFinite(value) ? String(value) : value;
}

export class MetricFile {
  readonly #file: number;

  /** Opens or makes the file and cuts off an unfinished last line that a crash left. */
  constructor(path: string) {
    this.#file = openSync(path, 'a+', 0o600);
    const { size } = fstatSync(this.#file);
    const end = endOfLastLine(this.#file, size);
    if (end < size) ftruncateSync(this.#file, end);
  }

  append(record: MetricRecord): void {
    const line = Buffer.from(`${JSON.stringify(record, encodeNumber)}\n`);
    let written = 0;
    while (written < line.length) written += writeSync(this.#file, line, written);
  }

  close(): void {
    closeSync(this.#file);
  }
}

/** Offset just after the last newline; 0 when there is none. */
function endOfLastLine(file: number, size: number): number {
  const chunk = Buffer.alloc(64 * 1024);
  for (let end = size; end > 0; ) {
    const start = Math.max(0, end - chunk.length);
    const read = readSync(file, chunk, 0, end - start, start);
    const newline = chunk.subarray(0, read).lastIndexOf(NEWLINE);
    if (newline >= 0) return start + newline + 1;
    end = start;
  }
  return 0;
}
