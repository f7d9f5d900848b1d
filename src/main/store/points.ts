/** Where a metric's points are kept: fresh ones as rows, which are cheap to add and replace; older ones sealed into chunks. */
import type Database from 'better-sqlite3';
import type { Series } from './series.ts';

/** How a value that SQLite cannot hold is marked. */
const MARKS = { NaN: 1, Infinity: 2, '-Infinity': 3 } as const;
const UNMARK = [0, NaN, Infinity, -Infinity] as const;

export const CHUNK_POINTS = 4096;
/** Rows that stay unsealed: most that is ever replaced was logged a moment ago. */
const FRESH_POINTS = 4096;
/** Series kept in memory for panning and zooming. */
const CACHE_BYTES = 256e6;

/** What of a value SQLite stores, and the mark of what it cannot. */
export function toStored(value: number): { stored: number | null; mark: number } {
  const mark = Number.isFinite(value) ? 0 : MARKS[String(value) as keyof typeof MARKS];
  return { stored: mark ? null : value, mark };
}

export function fromStored(stored: number | null, mark: number): number {
  return stored ?? UNMARK[mark]!;
}

type Row = [step: number, value: number | null, mark: number];

export class PointTable {
  readonly #statements;
  /** Series by key, in the order of their last use. */
  readonly #cache = new Map<string, Series>();
  #cachedBytes = 0;
  /** About how many rows a series has unsealed; counted again before it is acted on. */
  readonly #fresh = new Map<string, number>();
  readonly #sealedUpTo = new Map<string, number>();

  constructor(db: Database.Database) {
    this.#statements = {
      insert: db.prepare('INSERT OR REPLACE INTO metrics (run_id, metric_id, step, value, non_finite) VALUES (?, ?, ?, ?, ?)'),
      count: db.prepare('SELECT count(*) FROM metrics WHERE run_id = ? AND metric_id = ?').pluck(),
      rows: db.prepare('SELECT step, value, non_finite FROM metrics WHERE run_id = ? AND metric_id = ? ORDER BY step').raw(),
      oldest: db.prepare('SELECT step, value, non_finite FROM metrics WHERE run_id = ? AND metric_id = ? ORDER BY step LIMIT ?').raw(),
      remove: db.prepare('DELETE FROM metrics WHERE run_id = ? AND metric_id = ? AND step <= ?'),
      seal: db.prepare('INSERT INTO metric_chunks (run_id, metric_id, first_step, last_step, steps, points) VALUES (?, ?, ?, ?, ?, ?)'),
      chunks: db.prepare('SELECT steps, points FROM metric_chunks WHERE run_id = ? AND metric_id = ? AND last_step >= ? ORDER BY first_step').raw(),
      unseal: db.prepare('DELETE FROM metric_chunks WHERE run_id = ? AND metric_id = ? AND last_step >= ?'),
      sealedUpTo: db.prepare('SELECT coalesce(max(last_step), -1) FROM metric_chunks WHERE run_id = ? AND metric_id = ?').pluck(),
    };
  }

  /** Adds a point, or replaces the one of that step. Runs inside the caller's transaction. */
  put(runId: string, metricId: number, step: number, value: number): void {
    const key = `${runId} ${metricId}`;
    this.#forget(key);
    if (step <= this.#sealed(key, runId, metricId)) this.#unseal(key, runId, metricId, step);
    const { stored, mark } = toStored(value);
    this.#statements.insert.run(runId, metricId, step, stored, mark);
    this.#fresh.set(key, (this.#fresh.get(key) ?? (this.#statements.count.get(runId, metricId) as number)) + 1);
  }

  /** Seals what has grown old. Runs inside the caller's transaction. */
  settle(runId: string, metricId: number): void {
    const key = `${runId} ${metricId}`;
    if ((this.#fresh.get(key) ?? 0) < FRESH_POINTS + CHUNK_POINTS) return;
    let count = this.#statements.count.get(runId, metricId) as number;
    for (; count >= FRESH_POINTS + CHUNK_POINTS; count -= CHUNK_POINTS) {
      const { steps, values } = unpack(this.#statements.oldest.all(runId, metricId, CHUNK_POINTS) as Row[]);
      const last = steps.at(-1)!;
      this.#statements.seal.run(runId, metricId, steps[0], last, toBlob(steps), toBlob(values));
      this.#statements.remove.run(runId, metricId, last);
      this.#sealedUpTo.set(key, last);
    }
    this.#fresh.set(key, count);
  }

  /** A whole series; it belongs to the cache, so it is read and not written. */
  read(runId: string, metricId: number): Series {
    const key = `${runId} ${metricId}`;
    const cached = this.#cache.get(key);
    if (cached) {
      this.#cache.delete(key);
      this.#cache.set(key, cached);
      return cached;
    }
    const chunks = this.#statements.chunks.all(runId, metricId, -1) as [Buffer, Buffer][];
    const fresh = unpack(this.#statements.rows.all(runId, metricId) as Row[]);
    const length = chunks.reduce((sum, [steps]) => sum + steps.length / 8, fresh.steps.length);
    const series: Series = { steps: new Float64Array(length), values: new Float64Array(length) };
    let at = 0;
    for (const [steps, values] of chunks) {
      // Copied as bytes: SQLite's buffers need not start where a Float64Array may.
      new Uint8Array(series.steps.buffer).set(steps, at * 8);
      new Uint8Array(series.values.buffer).set(values, at * 8);
      at += steps.length / 8;
    }
    series.steps.set(fresh.steps, at);
    series.values.set(fresh.values, at);
    this.#remember(key, series);
    return series;
  }

  #sealed(key: string, runId: string, metricId: number): number {
    const known = this.#sealedUpTo.get(key);
    if (known !== undefined) return known;
    const last = this.#statements.sealedUpTo.get(runId, metricId) as number;
    this.#sealedUpTo.set(key, last);
    return last;
  }

  /** Makes rows of the chunks from a step on: a run that was resumed logs it again. */
  #unseal(key: string, runId: string, metricId: number, step: number): void {
    for (const [steps, values] of this.#statements.chunks.all(runId, metricId, step) as [Buffer, Buffer][]) {
      const [at, points] = [fromBlob(steps), fromBlob(values)];
      at.forEach((each, i) => {
        const { stored, mark } = toStored(points[i]!);
        this.#statements.insert.run(runId, metricId, each, stored, mark);
      });
    }
    this.#statements.unseal.run(runId, metricId, step);
    this.#sealedUpTo.delete(key);
    this.#fresh.delete(key);
  }

  #remember(key: string, series: Series): void {
    this.#cache.set(key, series);
    this.#cachedBytes += 16 * series.steps.length;
    for (const oldest of this.#cache.keys()) {
      if (this.#cachedBytes <= CACHE_BYTES || oldest === key) break;
      this.#forget(oldest);
    }
  }

  #forget(key: string): void {
    const series = this.#cache.get(key);
    if (!series) return;
    this.#cache.delete(key);
    this.#cachedBytes -= 16 * series.steps.length;
  }

  /** After a transaction that was rolled back: what is remembered may not hold. */
  forgetAll(): void {
    this.#cache.clear();
    this.#cachedBytes = 0;
    this.#fresh.clear();
    this.#sealedUpTo.clear();
  }
}

function unpack(rows: readonly Row[]): Series {
  const series = { steps: new Float64Array(rows.length), values: new Float64Array(rows.length) };
  rows.forEach(([step, value, mark], i) => {
    series.steps[i] = step;
    series.values[i] = fromStored(value, mark);
  });
  return series;
}

function toBlob(values: Float64Array): Buffer {
  return Buffer.from(values.buffer, values.byteOffset, values.byteLength);
}

function fromBlob(blob: Buffer): Float64Array {
  return new Float64Array(new Uint8Array(blob).buffer);
}
