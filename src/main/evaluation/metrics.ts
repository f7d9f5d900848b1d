/** The challenge's metrics, as scikit-learn defines them. */
import { decisions, type Outcome } from '../../shared/outcomes.ts';
import type { Metric } from '../../shared/scores.ts';

/** Counts of [label][predicted], each 1 or not: true negatives, false positives, false negatives, true positives. */
export type BinaryTable = [number, number, number, number];

/** F1 of class 1: 2 tp / (2 tp + fp + fn), 0 when there is none of it. Matthews' correlation of two classes, 0 when a margin is empty. */
export function metricOfTable(metric: Metric, [tn, fp, fn, tp]: BinaryTable): number {
  switch (metric) {
    case 'accuracy':
      return (tn + tp) / (tn + fp + fn + tp);
    case 'f1':
      return tp === 0 ? 0 : (2 * tp) / (2 * tp + fp + fn);
    case 'matthews': {
      const margins = (tp + fp) * (tp + fn) * (tn + fp) * (tn + fn);
      return margins === 0 ? 0 : (tp * tn - fp * fn) / Math.sqrt(margins);
    }
  }
}

export function binaryTable(predicted: ArrayLike<number>, labels: ArrayLike<number>): BinaryTable {
  const table: BinaryTable = [0, 0, 0, 0];
  for (let i = 0; i < labels.length; i++) table[2 * Number(labels[i] === 1) + Number(predicted[i] === 1)]!++;
  return table;
}

/** A subtask's score by its metric. Choices are scored by accuracy. */
export function scoreOf(outcome: Outcome): number {
  if (outcome.kind === 'choice' || outcome.metric === 'accuracy') {
    const right = decisions(outcome);
    return right.reduce((sum, one) => sum + one, 0) / right.length;
  }
  return metricOfTable(outcome.metric, binaryTable(outcome.predicted, outcome.labels));
}
