/** Metrics: one row per run, metric and step; beside them the latest values, kept in the same transaction. */
import type Database from 'better-sqlite3';
import { closeSync, existsSync, fstatSync, openSync, readSync } from 'node:fs';
import type { MetricRecord } from '../../shared/progress.ts';
import type { MetricSeries } from '../../shared/records.ts';
import { fromStored, PointTable, toStored, type Excerpt } from './points.ts';
import { lowerBound, smooth, thin } from './series.ts';

const CHUNK_BYTES = 1 << 20;
const NEWLINE = 0x0a;

/** Of one metric in some records: its last value, and the extremes of those that are finite. */
interface Gathered {
  step: number;
  last: number;
  min: number | null;
  minStep: number | null;
  max: number | null;
  maxStep: number | null;
}

function gather(gathered: Map<string, Gathered>, metric: string, step: number, value: number): void {
  let entry = gathered.get(metric);
  if (!entry) gathered.set(metric, (entry = { step, last: value, min: null, minStep: null, max: null, maxStep: null }));
  if (step >= entry.step) [entry.step, entry.last] = [step, value];
  if (!Number.isFinite(value)) return;
  if (entry.min === null || value < entry.min) [entry.min, entry.minStep] = [value, step];
  if (entry.max === null || value > entry.max) [entry.max, entry.maxStep] = [value, step];
}

export interface LatestMetric {
  last: number;
  step: number;
  min: number | null;
  max: number | null;
}

export interface SeriesOptions {
  maxPoints: number;
  /** Only steps in this range. */
  from?: number | undefined;
  to?: number | undefined;
  /** Weight of the past in an exponential mean; 0: none. */
  smoothing?: number | undefined;
  /** Tokens, epochs and seconds as well; true unless told. */
  positions?: boolean | undefined;
}

/** Points looked at for each that is shown, where there are so many: the stretches of a view and those of the extremes do not begin together. */
const DETAIL = 4;

interface Position {
  tokens: number | null;
  epoch: number | null;
  seconds: number | null;
}

const NO_POINTS = { steps: new Float64Array(), values: new Float64Array(), smoothed: null, count: 0 };
const NOWHERE: Position = { tokens: null, epoch: null, seconds: null };

export class MetricTable {
  readonly #db: Database.Database;
  readonly #points: PointTable;
  readonly #statements;
  readonly #ids = new Map<string, number>();

  constructor(db: Database.Database) {
    this.#db = db;
    this.#points = new PointTable(db);
    this.#statements = {
      position: db.prepare('INSERT OR REPLACE INTO positions (run_id, step, tokens, epoch, seconds) VALUES (?, ?, ?, ?, ?)'),
      latest: db.prepare(`
        INSERT INTO latest_metrics (run_id, metric_id, step, last, non_finite, min, min_step, max, max_step)
        VALUES (@runId, @metricId, @step, @last, @mark, @min, @minStep, @max, @maxStep)
        ON CONFLICT (run_id, metric_id) DO UPDATE SET
          last = CASE WHEN excluded.step >= step THEN excluded.last ELSE last END,
          non_finite = CASE WHEN excluded.step >= step THEN excluded.non_finite ELSE non_finite END,
          min_step = CASE WHEN min IS NULL OR excluded.min < min THEN excluded.min_step ELSE min_step END,
          min = CASE WHEN min IS NULL OR excluded.min < min THEN excluded.min ELSE min END,
          max_step = CASE WHEN max IS NULL OR excluded.max > max THEN excluded.max_step ELSE max_step END,
          max = CASE WHEN max IS NULL OR excluded.max > max THEN excluded.max ELSE max END,
          step = max(step, excluded.step)`),
      trainLoss: db.prepare('UPDATE runs SET train_loss = ? WHERE id = ?'),
      evalLoss: db.prepare('UPDATE runs SET eval_loss = ?, best_eval_loss = CASE WHEN ? IS NULL THEN best_eval_loss ELSE min(coalesce(best_eval_loss, ?), ?) END WHERE id = ?'),
      step: db.prepare('UPDATE runs SET step = ? WHERE id = ?'),
    };
  }

  /** Stores records; one that is stored already is replaced by its equal, so that nothing is ever counted twice. */
  append(runId: string, records: readonly MetricRecord[]): void {
    this.#learnNames(records);
    this.#inTransaction(() => this.#insert(runId, records));
  }

  /**
   * Takes in what an append-only metric file has gained since the last time. The place in the file is remembered in the same
   * transaction as the metrics, so each line counts once, crash or not; an unfinished last line waits.
   */
  takeInFile(runId: string, path: string): void {
    if (!existsSync(path)) {
      // Lost with the machine's power: what comes is read from its beginning.
      this.#db.prepare('UPDATE runs SET metric_bytes = 0 WHERE id = ? AND metric_bytes > 0').run(runId);
      return;
    }
    const file = openSync(path, 'r');
    try {
      const { metric_bytes: taken } = this.#db.prepare('SELECT metric_bytes FROM runs WHERE id = ?').get(runId) as { metric_bytes: number };
      const { size } = fstatSync(file);
      // A file shorter than what was taken in lost its end with the machine's power; it is read again from its beginning.
      for (let from = size < taken ? 0 : taken; from < size; ) {
        const { records, bytes } = readRecords(file, from);
        if (bytes === 0) return;
        from += bytes;
        this.#learnNames(records);
        this.#inTransaction(() => {
          this.#insert(runId, records);
          this.#db.prepare('UPDATE runs SET metric_bytes = ? WHERE id = ?').run(from, runId);
        });
      }
    } finally {
      closeSync(file);
    }
  }

  latest(runId: string, metric: string): LatestMetric | null {
    const row = this.#db
      .prepare('SELECT step, last, non_finite, min, max FROM latest_metrics JOIN metric_names ON metric_names.id = metric_id WHERE run_id = ? AND name = ?')
      .get(runId, metric) as { step: number; last: number | null; non_finite: number; min: number | null; max: number | null } | undefined;
    return row ? { last: fromStored(row.last, row.non_finite), step: row.step, min: row.min, max: row.max } : null;
  }

  /**
   * Series of metrics, each thinned to at most about maxPoints: of every stretch of steps its smallest and its largest value are
   * kept, and the first and the last point of all, so that no extreme is ever hidden. What is smoothed is smoothed whole, before it is
   * cut or thinned, so that neither changes the line.
   */
  series(runId: string, names: readonly string[], { maxPoints, from = -Infinity, to = Infinity, smoothing = 0, positions: wantsPositions = true }: SeriesOptions): MetricSeries[] {
    const position = this.#db.prepare('SELECT tokens, epoch, seconds FROM positions WHERE run_id = ? AND step = ?');
    return names.map((metric) => {
      const id = this.#knownId(metric);
      const { steps, values, smoothed, count } = id === null ? NO_POINTS : this.#part(runId, id, { maxPoints, from, to, smoothing });
      const kept = thin(values, 0, values.length, maxPoints);
      const positions = wantsPositions ? kept.map((index) => (position.get(runId, steps[index]) as Position | undefined) ?? NOWHERE) : [];
      return {
        metric,
        count,
        steps: kept.map((index) => steps[index]!),
        values: kept.map((index) => values[index]!),
        smoothed: smoothed ? kept.map((index) => smoothed[index]!) : [],
        tokens: positions.map(({ tokens }) => tokens),
        epochs: positions.map(({ epoch }) => epoch),
        seconds: positions.map(({ seconds }) => seconds),
      };
    });
  }

  /** The points of a range, with their smoothed values when asked for: those follow from all the points before, so all are read then. */
  #part(runId: string, metricId: number, { maxPoints, from, to, smoothing }: { maxPoints: number; from: number; to: number; smoothing: number }): Excerpt & { smoothed: Float64Array | null } {
    if (smoothing === 0) return { ...this.#points.excerpt(runId, metricId, from, to, DETAIL * maxPoints), smoothed: null };
    const { steps, values } = this.#points.read(runId, metricId);
    const [first, end] = [lowerBound(steps, from), lowerBound(steps, to + 1e-9)];
    return { steps: steps.subarray(first, end), values: values.subarray(first, end), smoothed: smooth(values, smoothing).subarray(first, end), count: end - first };
  }

  /** What is remembered of the points holds only when they were stored. */
  #inTransaction(action: () => void): void {
    try {
      this.#db.transaction(action)();
    } catch (error) {
      this.#points.forgetAll();
      throw error;
    }
  }

  /** Points one by one; what the run's row and the latest values say of them, once for all. */
  #insert(runId: string, records: readonly MetricRecord[]): void {
    const gathered = new Map<string, Gathered>();
    for (const { step, values, tokens, epoch, seconds } of records) {
      this.#statements.position.run(runId, step, tokens ?? null, epoch ?? null, seconds ?? null);
      for (const [metric, value] of Object.entries(values)) {
        this.#points.put(runId, this.#idOf(metric), step, value);
        gather(gathered, metric, step, value);
      }
    }
    for (const [metric, { step, last, min, minStep, max, maxStep }] of gathered) {
      const metricId = this.#idOf(metric);
      const { stored, mark } = toStored(last);
      this.#statements.latest.run({ runId, metricId, step, last: stored, mark, min, minStep, max, maxStep });
      this.#points.settle(runId, metricId);
      if (metric === 'train/loss') this.#statements.trainLoss.run(stored, runId);
      if (metric === 'eval/loss') this.#statements.evalLoss.run(stored, min, min, min, runId);
    }
    const last = records.at(-1);
    if (last) this.#statements.step.run(last.step, runId);
  }

  /** Numbers of new metrics, found before the transaction that uses them. */
  #learnNames(records: readonly MetricRecord[]): void {
    for (const { values } of records) for (const metric in values) this.#idOf(metric);
  }

  /** A metric's number; null for one that nobody has measured, of which asking must leave nothing behind. */
  #knownId(metric: string): number | null {
    const row = this.#db.prepare('SELECT id FROM metric_names WHERE name = ?').get(metric) as { id: number } | undefined;
    return row?.id ?? null;
  }

  #idOf(metric: string): number {
    const known = this.#ids.get(metric);
    if (known !== undefined) return known;
    this.#db.prepare('INSERT OR IGNORE INTO metric_names (name) VALUES (?)').run(metric);
    const { id } = this.#db.prepare('SELECT id FROM metric_names WHERE name = ?').get(metric) as { id: number };
    // Within a transaction the name might still be rolled back; only a number that surely stands is remembered.
    if (!this.#db.inTransaction) this.#ids.set(metric, id);
    return id;
  }
}

/** The whole lines from an offset on, at least one if there is one. */
function readRecords(file: number, from: number): { records: MetricRecord[]; bytes: number } {
  let buffer = Buffer.alloc(0);
  for (;;) {
    const chunk = Buffer.alloc(CHUNK_BYTES);
    const read = readSync(file, chunk, 0, chunk.length, from + buffer.length);
    buffer = Buffer.concat([buffer, chunk.subarray(0, read)]);
    const end = buffer.lastIndexOf(NEWLINE) + 1;
    if (end > 0 || read === 0) {
      const lines = buffer.subarray(0, end).toString('utf8').split('\n').filter(Boolean);
      return { records: lines.flatMap(parseRecord), bytes: end };
    }
  }
}

/** A line of a metric file; none when a failing disk has spoilt it. */
export function parseRecord(line: string): MetricRecord[] {
  try {
    const record = JSON.parse(line) as MetricRecord;
    if (!Number.isSafeInteger(record.step) || typeof record.values !== 'object') return [];
    // Non-finite numbers are written as strings.
    const values = Object.fromEntries(Object.entries(record.values).map(([name, value]) => [name, Number(value)]));
    return [{ ...record, values }];
  } catch {
    return []; // A line that a failing disk spoilt: the rest counts.
  }
}
