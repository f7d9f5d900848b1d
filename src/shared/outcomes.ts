/** What was measured on a subtask, item by item: the raw material of scores, intervals, paired tests and submissions. */
import type { Metric } from './scores.ts';

interface OutcomeOf<K> {
  kind: K;
  subtask: string;
  phenomenon: string | null;
}

/** Of a suite of kind `choice`. */
export interface ChoiceOutcome extends OutcomeOf<'choice'> {
  /** Nats, interleaved in the order of the items: good 0, bad 0, good 1, bad 1, ... */
  logprobs: Float64Array;
}

/** Of a suite of kind `fine-tuning`. */
export interface ClassOutcome extends OutcomeOf<'fine-tuning'> {
  metric: Metric;
  /** Class of each item in the order of the file, as the data numbers them. */
  predicted: Int32Array;
  labels: Int32Array;
}

export type Outcome = ChoiceOutcome | ClassOutcome;

export function itemCount(outcome: Outcome): number {
  return outcome.kind === 'choice' ? outcome.logprobs.length / 2 : outcome.labels.length;
}

/** Whether item i counts: the good answer is at least as likely as the bad one. A tie counts, as the pipeline's argmax takes the first. */
export function isCorrect(logprobs: Float64Array, i: number): boolean {
  return logprobs[2 * i]! >= logprobs[2 * i + 1]!;
}

/** One byte per item: 1 where it counts as correct. */
export function decisions(outcome: Outcome): Uint8Array {
  if (outcome.kind === 'choice') return Uint8Array.from({ length: itemCount(outcome) }, (_, i) => (isCorrect(outcome.logprobs, i) ? 1 : 0));
  return Uint8Array.from(outcome.labels, (label, i) => (outcome.predicted[i] === label ? 1 : 0));
}
