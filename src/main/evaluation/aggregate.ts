/** From log-probabilities to accuracies: the pipeline's rules, with intervals. */
import type { SubtaskScore } from '../../shared/results.ts';
import type { SubtaskLogprobs } from './logprobFiles.ts';
import { macroMean, wilson, type Estimate } from './statistics.ts';

/** Whether item i counts: the good sentence is at least as likely as the bad one. A tie counts, as the pipeline's argmax takes the first. */
export function isCorrect(logprobs: Float64Array, i: number): boolean {
  return logprobs[2 * i]! >= logprobs[2 * i + 1]!;
}

/** One byte per item: 1 where it counts as correct. */
export function decisions(logprobs: Float64Array): Uint8Array {
  return Uint8Array.from({ length: logprobs.length / 2 }, (_, i) => (isCorrect(logprobs, i) ? 1 : 0));
}

export interface Aggregate {
  /** Unweighted mean over subtasks. */
  overall: Estimate;
  subtasks: SubtaskScore[];
  /** Unweighted means over each phenomenon's subtasks, sorted by name; empty when the suite has no phenomena. */
  phenomena: SubtaskScore[];
}

/** Accuracy per subtask, per phenomenon and over all. At least one subtask, each with at least one item. */
export function aggregate(measured: readonly SubtaskLogprobs[]): Aggregate {
  const subtasks = measured.map(({ subtask, phenomenon, logprobs }): SubtaskScore => {
    const items = logprobs.length / 2;
    const correct = decisions(logprobs).reduce((sum, one) => sum + one, 0);
    return { subtask, phenomenon, items, correct, accuracy: correct / items, ...wilson(correct, items) };
  });
  const names = [...new Set(subtasks.map(({ phenomenon }) => phenomenon))].filter((name) => name !== null).sort();
  const phenomena = names.map((name): SubtaskScore => {
    const members = subtasks.filter(({ phenomenon }) => phenomenon === name);
    const { value, low, high } = macroMean(members);
    const total = (key: 'items' | 'correct') => members.reduce((sum, member) => sum + member[key], 0);
    return { subtask: name, phenomenon: name, items: total('items'), correct: total('correct'), accuracy: value, low, high };
  });
  return { overall: macroMean(subtasks), subtasks, phenomena };
}
