/** Metrics: one row per run, metric and step; beside them the latest values, kept in the same transaction. */
import type Database from 'better-sqlite3';
import { closeSync, existsSync, fstatSync, openSync, readSync } from 'node:fs';
import type { MetricRecord } from '../../shared/progress.ts';
import type { MetricSeries } from '../../shared/records.ts';

/** How a value that SQLite cannot hold is marked. */
const MARKS = { NaN: 1, Infinity: 2, '-Infinity': 3 } as const;
const UNMARK = [0, NaN, Infinity, -Infinity] as const;

const CHUNK_BYTES = 1 << 20;
const NEWLINE = 0x0a;

/** Metrics whose latest value stands in the run's own row. */
const IN_RUN_ROW: Record<string, string> = { 'train/loss': 'train_loss', 'eval/loss': 'eval_loss' };

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
}

interface PointRow {
  smoothed?: number;
  step: number;
  value: number | null;
  non_finite: number;
  tokens: number | null;
  epoch: number | null;
  seconds: number | null;
}

export class MetricTable {
  readonly #db: Database.Database;
  readonly #ids = new Map<string, number>();

  constructor(db: Database.Database) {
    this.#db = db;
  }

  /** Stores records; one that is stored already is replaced by its equal, so that nothing is ever counted twice. */
  append(runId: string, records: readonly MetricRecord[]): void {
    this.#db.transaction(() => this.#insert(runId, records))();
  }

  /**
   * Takes in what an append-only metric file has gained since the last time. The place in the file is remembered in the same
   * transaction as the metrics, so each line counts once, crash or not; an unfinished last line waits.
   */
  takeInFile(runId: string, path: string): void {
    if (!existsSync(path)) return;
    const file = openSync(path, 'r');
    try {
      const { metric_bytes: taken } = this.#db.prepare('SELECT metric_bytes FROM runs WHERE id = ?').get(runId) as { metric_bytes: number };
      const { size } = fstatSync(file);
      // A file shorter than what was taken in lost its end with the machine's power; it is read again from its beginning.
      for (let from = size < taken ? 0 : taken; from < size; ) {
        const { records, bytes } = readRecords(file, from);
        if (bytes === 0) return;
        from += bytes;
        this.#db.transaction(() => {
          this.#insert(runId, records);
          this.#db.prepare('UPDATE runs SET metric_bytes = ? WHERE id = ?').run(from, runId);
        })();
      }
    } finally {
      closeSync(file);
    }
  }

  latest(runId: string, metric: string): LatestMetric | null {
    const row = this.#db
      .prepare('SELECT step, last, non_finite, min, max FROM latest_metrics JOIN metric_names ON metric_names.id = metric_id WHERE run_id = ? AND name = ?')
      .get(runId, metric) as { step: number; last: number | null; non_finite: number; min: number | null; max: number | null } | undefined;
    return row ? { last: row.last ?? UNMARK[row.non_finite]!, step: row.step, min: row.min, max: row.max } : null;
  }

  /**
   * Series of metrics, each thinned to at most about maxPoints: of every stretch of steps its smallest and its largest value are
   * kept, and the first and the last point of all, so that no extreme is ever hidden. What is smoothed is smoothed whole, before it is
   * cut or thinned, so that neither changes the line.
   */
  series(runId: string, names: readonly string[], { maxPoints, from = -Infinity, to = Infinity, smoothing = 0 }: SeriesOptions): MetricSeries[] {
    return names.map((metric) => {
      const rows = this.#db
        .prepare(
          `SELECT m.step, value, non_finite, tokens, epoch, seconds FROM metrics m LEFT JOIN positions p ON p.run_id = m.run_id AND p.step = m.step
           WHERE m.run_id = ? AND metric_id = (SELECT id FROM metric_names WHERE name = ?) ORDER BY m.step`,
        )
        .all(runId, metric) as PointRow[];
      if (smoothing > 0) smooth(rows, smoothing);
      const shown = rows.filter(({ step }) => step >= from && step <= to);
      const kept = thin(shown, maxPoints);
      return {
        metric,
        count: shown.length,
        steps: kept.map((row) => row.step),
        values: kept.map(valueOf),
        smoothed: smoothing > 0 ? kept.map((row) => row.smoothed ?? NaN) : [],
        tokens: kept.map((row) => row.tokens),
        epochs: kept.map((row) => row.epoch),
        seconds: kept.map((row) => row.seconds),
      };
    });
  }

  #insert(runId: string, records: readonly MetricRecord[]): void {
    const insert = this.#db.prepare('INSERT OR REPLACE INTO metrics (run_id, metric_id, step, value, non_finite) VALUES (?, ?, ?, ?, ?)');
    const position = this.#db.prepare('INSERT OR REPLACE INTO positions (run_id, step, tokens, epoch, seconds) VALUES (?, ?, ?, ?, ?)');
    const latest = this.#db.prepare(`
      INSERT INTO latest_metrics (run_id, metric_id, step, last, non_finite, min, min_step, max, max_step)
      VALUES (@runId, @metricId, @step, @value, @mark, @value, @extremeStep, @value, @extremeStep)
      ON CONFLICT (run_id, metric_id) DO UPDATE SET
        last = CASE WHEN excluded.step >= step THEN excluded.last ELSE last END,
        non_finite = CASE WHEN excluded.step >= step THEN excluded.non_finite ELSE non_finite END,
        min_step = CASE WHEN min IS NULL OR excluded.min < min THEN excluded.min_step ELSE min_step END,
        min = CASE WHEN min IS NULL OR excluded.min < min THEN excluded.min ELSE min END,
        max_step = CASE WHEN max IS NULL OR excluded.max > max THEN excluded.max_step ELSE max_step END,
        max = CASE WHEN max IS NULL OR excluded.max > max THEN excluded.max ELSE max END,
        step = max(step, excluded.step)`);
    for (const { step, values, tokens, epoch, seconds } of records) {
      position.run(runId, step, tokens ?? null, epoch ?? null, seconds ?? null);
      for (const [metric, value] of Object.entries(values)) {
        const mark = Number.isFinite(value) ? 0 : MARKS[String(value) as keyof typeof MARKS];
        const stored = mark ? null : value;
        insert.run(runId, this.#idOf(metric), step, stored, mark);
        latest.run({ runId, metricId: this.#idOf(metric), step, value: stored, mark, extremeStep: mark ? null : step });
        const column = IN_RUN_ROW[metric];
        if (column) this.#db.prepare(`UPDATE runs SET ${column} = ? WHERE id = ?`).run(stored, runId);
        if (metric === 'eval/loss' && stored !== null) {
          this.#db.prepare('UPDATE runs SET best_eval_loss = min(coalesce(best_eval_loss, ?), ?) WHERE id = ?').run(stored, stored, runId);
        }
      }
    }
    const last = records.at(-1);
    if (last) this.#db.prepare('UPDATE runs SET step = ? WHERE id = ?').run(last.step, runId);
  }

  #idOf(metric: string): number {
    const known = this.#ids.get(metric);
    if (known !== undefined) return known;
    this.#db.prepare('INSERT OR IGNORE INTO metric_names (name) VALUES (?)').run(metric);
    const { id } = this.#db.prepare('SELECT id FROM metric_names WHERE name = ?').get(metric) as { id: number };
    // Remembered only outside of a transaction that may still be undone: a lookup is cheap, a wrong id is not.
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

function parseRecord(line: string): MetricRecord[] {
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

/**
 * Exponential mean with Adam's correction for its start (Kingma and Ba 2015), so that the first values do not pull towards 0; values that
 * are not finite are passed over.
 */
function smooth(rows: PointRow[], weight: number): void {
  let mean = 0;
  let counted = 0;
  for (const row of rows) {
    if (row.value === null) continue;
    mean = weight * mean + (1 - weight) * row.value;
    counted++;
    row.smoothed = mean / (1 - weight ** counted);
  }
}

function valueOf(row: PointRow): number {
  return row.value ?? UNMARK[row.non_finite]!;
}

/** Smallest and largest value of each of maxPoints / 2 stretches, plus the ends; non-finite values are always kept. */
export function thin<T extends { value: number | null; step: number }>(rows: readonly T[], maxPoints: number): T[] {
  if (rows.length <= maxPoints) return [...rows];
  const stretches = Math.max(1, Math.floor((maxPoints - 2) / 2));
  const kept = new Set<number>([0, rows.length - 1]);
  for (let stretch = 0; stretch < stretches; stretch++) {
    const [from, to] = [Math.floor((stretch * rows.length) / stretches), Math.floor(((stretch + 1) * rows.length) / stretches)];
    let smallest = -1;
    let largest = -1;
    for (let i = from; i < to; i++) {
      const value = rows[i]!.value;
      if (value === null) kept.add(i);
      else {
        if (smallest < 0 || value < rows[smallest]!.value!) smallest = i;
        if (largest < 0 || value > rows[largest]!.value!) largest = i;
      }
    }
    if (smallest >= 0) kept.add(smallest).add(largest);
  }
  return [...kept].sort((a, b) => a - b).map((index) => rows[index]!);
}
