/**
 * What a job may ask of the process it runs in. Every long task of Cria (clean, train, evaluate, ...) is a function
 * `(params, context) => result`; it knows nothing of processes, so tests call it with a context of their own.
 */
import type { JobReport, LogLevel, MetricRecord, Progress } from '../../shared/progress.ts';

export type { JobReport, LogLevel, MetricRecord, Progress };

export interface JobContext {
  /** Aborted when the user asks to stop: finish the step in hand, save what can be resumed, return or throw `cancelled`. */
  readonly signal: AbortSignal;
  /** The run's own folder (exists): checkpoints, metric file, log. */
  readonly folder: string;
  progress(progress: Progress): void;
  log(level: LogLevel, message: string): void;
  metric(record: MetricRecord): void;
  /** Tells a part of the outcome at once. */
  report(report: JobReport): void;
}
