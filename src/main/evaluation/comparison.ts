/** Two models on the same items, item by item. Unpaired tests would throw away that the items are the same. */
import { decisions, type Outcome } from '../../shared/outcomes.ts';
import type { Metric } from '../../shared/scores.ts';
import { bootstrapMean, pairedStratumOf } from './bootstrap.ts';
import { scoreOf } from './metrics.ts';
import { discordant, holm, mcnemarExact, pairedMacroDifference, type Estimate } from './statistics.ts';

export interface PairedSubtask {
  subtask: string;
  phenomenon: string | null;
  items: number;
  metric: Metric;
  /** Of the first model and the second. */
  scores: [number, number];
  /** Items only the first model has right, and only the second. */
  onlyFirst: number;
  onlySecond: number;
  /** Exact McNemar test, two-sided, of right and wrong answers whatever the metric. */
  p: number;
  /** The same after Holm's correction over the suite's subtasks. */
  pAdjusted: number;
}

export interface PairedComparison {
  /** Second minus first: difference of the unweighted means over the subtasks that both have, with its 95 % interval. */
  difference: number;
  low: number;
  high: number;
  subtasks: PairedSubtask[];
}

/**
 * Compares what two models made of one suite. Subtasks that only one of them was measured on are left out.
 * @throws RangeError when no subtask is common, or a common one has other numbers of items
 */
export function compareSubtasks(first: readonly Outcome[], second: readonly Outcome[]): PairedComparison {
  const ofSecond = new Map(second.map((measured) => [measured.subtask, measured]));
  const pairs = first.flatMap((a): [Outcome, Outcome][] => {
    const b = ofSecond.get(a.subtask);
    return b ? [[a, b]] : [];
  });
  const rows = pairs.map(([a, b]) => {
    const { onlyA, onlyB, items } = discordant(decisions(a), decisions(b));
    const scores: [number, number] = [scoreOf(a), scoreOf(b)];
    const metric: Metric = a.kind === 'choice' ? 'accuracy' : a.metric;
    return { subtask: a.subtask, phenomenon: a.phenomenon, items, metric, scores, onlyFirst: onlyA, onlySecond: onlyB, p: mcnemarExact(onlyA, onlyB) };
  });
  const adjusted = holm(rows.map(({ p }) => p));
  const { value, low, high } = macroDifference(pairs, rows);
  return { difference: value, low, high, subtasks: rows.map((row, i) => ({ ...row, pAdjusted: adjusted[i]! })) };
}

/** Differences of accuracies have a normal interval; those of other metrics are bootstrapped, pairs of answers kept together. */
function macroDifference(pairs: readonly [Outcome, Outcome][], rows: readonly Omit<PairedSubtask, 'pAdjusted'>[]): Estimate {
  if (rows.every(({ metric }) => metric === 'accuracy')) {
    return pairedMacroDifference(rows.map((row) => ({ onlyA: row.onlySecond, onlyB: row.onlyFirst, items: row.items })));
  }
  const difference = rows.reduce((sum, { scores: [a, b] }) => sum + b - a, 0) / rows.length;
  return bootstrapMean(difference, [pairs.map(([a, b]) => pairedStratumOf(b, a))]);
}
