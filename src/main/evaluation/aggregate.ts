/** From what was measured item by item to scores: the pipeline's rules, with intervals. */
import { decisions, itemCount, type Outcome } from '../../shared/outcomes.ts';
import type { SubtaskScore } from '../../shared/results.ts';
import { bootstrapMean, stratumOf } from './bootstrap.ts';
import { scoreOf } from './metrics.ts';
import { macroMean, wilson, type Estimate } from './statistics.ts';

export interface Aggregate {
  /** Unweighted mean over subtasks. */
  overall: Estimate;
  subtasks: SubtaskScore[];
  /** Unweighted means over each phenomenon's subtasks, sorted by name; empty when the suite has no phenomena. */
  phenomena: SubtaskScore[];
}

/** Scores per subtask, per phenomenon and over all. At least one subtask, each with at least one item. */
export function aggregate(measured: readonly Outcome[]): Aggregate {
  const subtasks = measured.map(scoreSubtask);
  const names = [...new Set(subtasks.map(({ phenomenon }) => phenomenon))].filter((name) => name !== null).sort();
  const phenomena = names.map((name): SubtaskScore => {
    const members = subtasks.filter(({ phenomenon }) => phenomenon === name);
    const { value, low, high } = macroMean(members);
    const total = (key: 'items' | 'correct') => members.reduce((sum, member) => sum + member[key], 0);
    return { subtask: name, phenomenon: name, items: total('items'), correct: total('correct'), metric: 'accuracy', score: value, low, high };
  });
  return { overall: overallOf(measured, subtasks), subtasks, phenomena };
}

/** A resample of answers that are all right is all right: where the bootstrap sees no doubt, Wilson's intervals speak. One subtask is all. */
function overallOf(measured: readonly Outcome[], subtasks: readonly SubtaskScore[]): Estimate {
  const [only] = subtasks;
  if (subtasks.length === 1) return { value: only!.score, low: only!.low, high: only!.high };
  const isBlind = subtasks.some(({ metric, correct, items }) => metric === 'accuracy' && (correct === 0 || correct === items));
  if (isBlind && subtasks.every(({ metric }) => metric === 'accuracy')) return macroMean(subtasks);
  return bootstrapMean(meanOf(subtasks), [measured.map(stratumOf)]);
}

function scoreSubtask(outcome: Outcome): SubtaskScore {
  const { subtask, phenomenon } = outcome;
  const items = itemCount(outcome);
  const correct = decisions(outcome).reduce((sum, one) => sum + one, 0);
  const score = scoreOf(outcome);
  const metric = outcome.kind === 'choice' ? 'accuracy' : outcome.metric;
  const { low, high } = metric === 'accuracy' ? wilson(correct, items) : bootstrapMean(score, [[stratumOf(outcome)]]);
  return { subtask, phenomenon, items, correct, metric, score, low, high };
}

/** The suite's score. */
export function meanOf(subtasks: readonly { score: number }[]): number {
  return subtasks.reduce((sum, { score }) => sum + score, 0) / subtasks.length;
}
