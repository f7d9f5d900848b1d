/** What engine and job process say to each other. Metrics are not among it: a job appends them to its metric file and says how far it is. */
import type { WireError } from '../../shared/errors.ts';
import type { JobKind } from '../../shared/jobs.ts';
import type { JobReport, LogLevel, Progress } from '../../shared/progress.ts';

/** Name of the append-only metric file in a run's folder: one MetricRecord as JSON per line. */
export const METRIC_FILE = 'metrics.jsonl';

export interface StartJob {
  type: 'start';
  kind: JobKind;
  params: unknown;
  /** The run's folder; exists. */
  folder: string;
  workspace: string;
}

export type ToJob =
  | StartJob
  /** Finish the step in hand, save, end. */
  | { type: 'stop' };

export type FromJob =
  | { type: 'ready' }
  | { type: 'progress'; progress: Progress }
  | { type: 'log'; level: LogLevel; message: string }
  /** The metric file has grown up to this step. */
  | { type: 'measured'; step: number }
  | { type: 'report'; report: JobReport }
  | { type: 'result'; result: unknown }
  | { type: 'error'; error: WireError; stack: string };
