/** What a job reports while it works. */
import type { GeneratedToken, TextSample } from './records.ts';
import type { SuiteScore } from './results.ts';

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

/** Part of a job's outcome that is worth showing before its end. */
export type JobReport =
  /** A text that the model in training wrote. */
  | { type: 'sample'; sample: TextSample }
  /** Which way the job computes, and why. */
  | { type: 'execution'; precision: string; why: string }
  /** The next token of a text. */
  | { type: 'token'; token: GeneratedToken }
  /** A model's score on a suite; every pair's log-probabilities lie in the run's folder. */
  | { type: 'score'; score: SuiteScore };
