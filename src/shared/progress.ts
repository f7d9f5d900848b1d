/** What a job reports while it works. */

export type LogLevel = 'info' | 'warning' | 'error';

export interface Progress {
  /** What is being counted, e.g. "Training Llama-16M". */
  label: string;
  done: number;
  total: number;
  /** Plural unit of `done` and `total`: "steps", "bytes", "pairs". */
  unit: string;
  /** Short extra shown beside the bar, e.g. "loss 3.412". */
  detail?: string;
}

/** One line of a run's metric file: everything measured at one step. */
export interface MetricRecord {
  /** Optimiser steps finished so far (0 before the first). */
  step: number;
  /** Metric name -> value; names are `group/name`, e.g. `train/loss`, `eval/loss`, `train/learningRate`. NaN is allowed. */
  values: Record<string, number>;
  /** Tokens seen in training so far. */
  tokens?: number;
  /** Fraction of epochs finished, e.g. 1.25. */
  epoch?: number;
  /** Seconds of training time so far, pauses left out. */
  seconds?: number;
}
