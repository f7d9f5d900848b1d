/** Two models on the same items, pair by pair. Unpaired tests would throw away that the items are the same. */
import { decisions, type Outcome } from '../../shared/outcomes.ts';
import { discordant, holm, mcnemarExact, pairedMacroDifference } from './statistics.ts';

export interface PairedSubtask {
  subtask: string;
  phenomenon: string | null;
  items: number;
  /** Of the first model and the second. */
  accuracies: [number, number];
  /** Items only the first model has right, and only the second. */
  onlyFirst: number;
  onlySecond: number;
  /** Exact McNemar test, two-sided. */
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
  const rows = first.flatMap((a) => {
    const b = ofSecond.get(a.subtask);
    if (!b) return [];
    const [rightA, rightB] = [decisions(a), decisions(b)];
    const { onlyA, onlyB, items } = discordant(rightA, rightB);
    const accuracies: [number, number] = [accuracy(rightA), accuracy(rightB)];
    return [{ subtask: a.subtask, phenomenon: a.phenomenon, items, accuracies, onlyFirst: onlyA, onlySecond: onlyB, p: mcnemarExact(onlyA, onlyB) }];
  });
  const adjusted = holm(rows.map(({ p }) => p));
  const { value, low, high } = pairedMacroDifference(rows.map((row) => ({ onlyA: row.onlySecond, onlyB: row.onlyFirst, items: row.items })));
  return { difference: value, low, high, subtasks: rows.map((row, i) => ({ ...row, pAdjusted: adjusted[i]! })) };
}

function accuracy(right: Uint8Array): number {
  return right.reduce((sum, one) => sum + one, 0) / right.length;
}
