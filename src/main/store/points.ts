/** Where a metric's points are kept: fresh ones as rows, which are cheap to add and replace; older ones sealed into chunks. */
import type Database from 'better-sqlite3';
import { lowerBound, thin, type Series } from './series.ts';

/** How a value that SQLite cannot hold is marked. */
const MARKS = { NaN: 1, Infinity: 2, '-Infinity': 3 } as const;
const UNMARK = [0, NaN, Infinity, -Infinity] as const;

export const CHUNK_POINTS = 4096;
/** Rows that stay unsealed: most that is ever replaced was logged a moment ago. */
const FRESH_POINTS = 4096;
/** Points of a chunk that one smallest and one largest value stand for. */
const STRETCH_POINTS = 64;
/** Whole series kept in memory, for what has to look at every point. */
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
type Extremes = [first: number, last: number, count: number, steps: Buffer, values: Buffer];

/** A part of a series, perhaps by its extremes alone. */
export interface Excerpt extends Series {
  /** Points that it stands for. */
  count: number;
}

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
      rows: db.prepare('SELECT step, value, non_finite FROM metrics WHERE run_id = ? AND metric_id = ? AND step BETWEEN ? AND ? ORDER BY step').raw(),
      oldest: db.prepare('SELECT step, value, non_finite FROM metrics WHERE run_id = ? AND metric_id = ? ORDER BY step LIMIT ?').raw(),
      remove: db.prepare('DELETE FROM metrics WHERE run_id = ? AND metric_id = ? AND step <= ?'),
      seal: db.prepare('INSERT INTO metric_chunks (run_id, metric_id, first_step, last_step, steps, points) VALUES (?, ?, ?, ?, ?, ?)'),
      chunks: db.prepare('SELECT steps, points FROM metric_chunks WHERE run_id = ? AND metric_id = ? AND last_step >= ? AND first_step <= ? ORDER BY first_step').raw(),
      unseal: db.prepare('DELETE FROM metric_chunks WHERE run_id = ? AND metric_id = ? AND last_step >= ?'),
      sealExtremes: db.prepare('INSERT INTO metric_extremes (run_id, metric_id, first_step, last_step, count, steps, points) VALUES (?, ?, ?, ?, ?, ?, ?)'),
      unsealExtremes: db.prepare('DELETE FROM metric_extremes WHERE run_id = ? AND metric_id = ? AND last_step >= ?'),
      extremes: db.prepare('SELECT first_step, last_step, count, steps, points FROM metric_extremes WHERE run_id = ? AND metric_id = ? AND last_step >= ? AND first_step <= ? ORDER BY first_step').raw(),
      withoutExtremes: db.prepare(`
        SELECT first_step FROM metric_chunks AS chunk WHERE run_id = ? AND metric_id = ? AND NOT EXISTS (
          SELECT 1 FROM metric_extremes AS known WHERE known.run_id = chunk.run_id AND known.metric_id = chunk.metric_id AND known.first_step = chunk.first_step)`).pluck(),
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
      this.#keepExtremes(runId, metricId, { steps, values });
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
    const series = this.#readRange(runId, metricId, -Infinity, Infinity);
    this.#remember(key, series);
    return series;
  }

  /**
   * The points of a range of steps; where there are many, of each stretch the extremes alone.
   * @param detail points that are wanted at least, where there are as many
   */
  excerpt(runId: string, metricId: number, from: number, to: number, detail: number): Excerpt {
    this.#completeExtremes(runId, metricId);
    const chunks = this.#statements.extremes.all(runId, metricId, toInteger(from), toInteger(to)) as Extremes[];
    const sealed = chunks.reduce((sum, [, , count]) => sum + count, 0);
    if ((2 * sealed) / STRETCH_POINTS < detail) {
      const series = this.#readRange(runId, metricId, from, to);
      return { ...series, count: series.steps.length };
    }
    let count = 0;
    const parts = chunks.map(([first, last, points, steps, values]): Series => {
      // A chunk that the range cuts is read whole and cut.
      if (first < from || last > to) {
        const part = this.#readRange(runId, metricId, Math.max(first, from), Math.min(last, to));
        count += part.steps.length;
        return part;
      }
      count += points;
      return { steps: fromBlob(steps), values: fromBlob(values) };
    });
    const fresh = this.#readFresh(runId, metricId, from, to);
    return { ...concatenate([...parts, fresh]), count: count + fresh.steps.length };
  }

  #readRange(runId: string, metricId: number, from: number, to: number): Series {
    const chunks = (this.#statements.chunks.all(runId, metricId, toInteger(from), toInteger(to)) as [Buffer, Buffer][]).map(([steps, values]) => ({ steps: fromBlob(steps), values: fromBlob(values) }));
    const whole = concatenate([...chunks, this.#readFresh(runId, metricId, from, to)]);
    const [start, end] = [lowerBound(whole.steps, from), lowerBound(whole.steps, to + 0.5)];
    return { steps: whole.steps.subarray(start, end), values: whole.values.subarray(start, end) };
  }

  #readFresh(runId: string, metricId: number, from: number, to: number): Series {
    return unpack(this.#statements.rows.all(runId, metricId, toInteger(Math.ceil(from)), toInteger(Math.floor(to))) as Row[]);
  }

  #keepExtremes(runId: string, metricId: number, { steps, values }: Series): void {
    const kept = thin(values, 0, values.length, 2 + (2 * values.length) / STRETCH_POINTS);
    const pick = (from: Float64Array) => toBlob(Float64Array.from(kept, (index) => from[index]!));
    this.#statements.sealExtremes.run(runId, metricId, steps[0], steps.at(-1), steps.length, pick(steps), pick(values));
  }

  /** For chunks that an older version sealed. */
  #completeExtremes(runId: string, metricId: number): void {
    for (const first of this.#statements.withoutExtremes.all(runId, metricId) as number[]) {
      const [[steps, values]] = this.#statements.chunks.all(runId, metricId, first, first) as [[Buffer, Buffer]];
      this.#keepExtremes(runId, metricId, { steps: fromBlob(steps), values: fromBlob(values) });
    }
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
    for (const [steps, values] of this.#statements.chunks.all(runId, metricId, step, toInteger(Infinity)) as [Buffer, Buffer][]) {
      const [at, points] = [fromBlob(steps), fromBlob(values)];
      at.forEach((each, i) => {
        const { stored, mark } = toStored(points[i]!);
        this.#statements.insert.run(runId, metricId, each, stored, mark);
      });
    }
    this.#statements.unseal.run(runId, metricId, step);
    this.#statements.unsealExtremes.run(runId, metricId, step);
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

function concatenate(parts: readonly Series[]): Series {
  const length = parts.reduce((sum, { steps }) => sum + steps.length, 0);
  const whole = { steps: new Float64Array(length), values: new Float64Array(length) };
  let at = 0;
  for (const { steps, values } of parts) {
    whole.steps.set(steps, at);
    whole.values.set(values, at);
    at += steps.length;
  }
  return whole;
}

/** Bounds that SQLite takes: it knows integers and no infinities. */
function toInteger(bound: number): number {
  return Math.min(Number.MAX_SAFE_INTEGER, Math.max(-Number.MAX_SAFE_INTEGER, Number.isInteger(bound) ? bound : Math.trunc(bound)));
}

function toBlob(values: Float64Array): Buffer {
  return Buffer.from(values.buffer, values.byteOffset, values.byteLength);
}

/** A view where SQLite's buffer starts as a Float64Array may, else a copy. */
function fromBlob(blob: Buffer): Float64Array {
  if (blob.byteOffset % 8 === 0) return new Float64Array(blob.buffer, blob.byteOffset, blob.byteLength / 8);
  return new Float64Array(new Uint8Array(blob).buffer);
}
