/** The store: everything that is known of runs, models and evaluations, in one SQLite file with one writer, the engine. */
import type Database from 'better-sqlite3';
import type { Outcome } from '../../shared/outcomes.ts';
import type { MetricRecord } from '../../shared/progress.ts';
import type { EvaluationRecord, LogLine, MetricSeries, ModelRecord, RunDetail, RunSummary } from '../../shared/records.ts';
import type { SubtaskScore, SuiteScore } from '../../shared/results.ts';
import { EvaluationTable, type EvaluationFilter } from './evaluations.ts';
import { MetricTable, type LatestMetric, type SeriesOptions } from './metrics.ts';
import { openDatabase } from './migrate.ts';
import { RunTable, type NewRunRow, type RunFilter, type RunList, type RunPatch } from './runs.ts';

export class Store {
  readonly #db: Database.Database;
  readonly #runs: RunTable;
  readonly #metrics: MetricTable;
  readonly #evaluations: EvaluationTable;

  /** Opens the database of a workspace; see {@link openDatabase} for what can go wrong. */
  static open(path: string): Store {
    return new Store(openDatabase(path));
  }

  constructor(db: Database.Database) {
    this.#db = db;
    this.#runs = new RunTable(db);
    this.#metrics = new MetricTable(db);
    this.#evaluations = new EvaluationTable(db);
  }

  createRun(run: NewRunRow): { id: string } {
    return this.#runs.create(run);
  }

  updateRun(id: string, patch: RunPatch): void {
    // Progress comes many times a second, and only its latest counts.
    const isOfTheMoment = Object.keys(patch).every((key) => key === 'progress');
    if (isOfTheMoment) this.#relaxed(() => this.#runs.update(id, patch));
    else this.#runs.update(id, patch);
  }

  getRun(id: string): RunDetail {
    return this.#runs.get(id);
  }

  getSummary(id: string): RunSummary {
    return this.#runs.summary(id);
  }

  findRun(reference: string): string {
    return this.#runs.find(reference);
  }

  listRuns(filter: RunFilter): RunList {
    return this.#runs.list(filter);
  }

  appendMetrics(runId: string, records: readonly MetricRecord[]): void {
    this.#relaxed(() => this.#metrics.append(runId, records));
  }

  takeInMetricFile(runId: string, path: string): void {
    this.#relaxed(() => this.#metrics.takeInFile(runId, path));
  }

  latestMetric(runId: string, metric: string): LatestMetric | null {
    return this.#metrics.latest(runId, metric);
  }

  metricSeries(runId: string, names: readonly string[], options: SeriesOptions): MetricSeries[] {
    return this.#metrics.series(runId, names, options);
  }

  appendLog(runId: string, { time, level, message }: LogLine): void {
    this.#relaxed(() => this.#db.prepare('INSERT INTO logs (run_id, time, level, message) VALUES (?, ?, ?, ?)').run(runId, time, level, message));
  }

  /** The last lines of a run's log, oldest first. */
  listLog(runId: string, { limit }: { limit: number }): LogLine[] {
    const rows = this.#db.prepare('SELECT time, level, message FROM logs WHERE run_id = ? ORDER BY id DESC LIMIT ?').all(runId, limit) as LogLine[];
    return rows.reverse();
  }

  recordModel(model: ModelRecord): void {
    this.#evaluations.recordModel(model);
  }

  listModels(): ModelRecord[] {
    return this.#evaluations.listModels();
  }

  recordEvaluation(runId: string, score: SuiteScore, measured: readonly Outcome[]): number {
    return this.#evaluations.record(runId, score, measured);
  }

  listEvaluations(filter: EvaluationFilter): EvaluationRecord[] {
    return this.#evaluations.list(filter);
  }

  listSubtasks(evaluationId: number): SubtaskScore[] {
    return this.#evaluations.subtasks(evaluationId);
  }

  /** What was measured item by item, sorted by subtask. */
  outcomes(evaluationId: number): Outcome[] {
    return this.#evaluations.outcomes(evaluationId);
  }

  close(): void {
    this.#db.close();
  }

  /**
   * Stores without waiting for the disk what a power cut may take: metrics are taken in again from the run's own file, and its log is for
   * reading along. The next change that waits makes all before it durable.
   */
  #relaxed(action: () => void): void {
    this.#db.pragma('synchronous = NORMAL');
    try {
      action();
    } finally {
      this.#db.pragma('synchronous = FULL');
    }
  }
}
