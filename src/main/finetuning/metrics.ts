/** Scores of class predictions, as scikit-learn computes them; all follow from the confusion matrix. Pure functions. */

export const METRIC_NAMES = ['accuracy', 'f1', 'matthews'] as const;
export type MetricName = (typeof METRIC_NAMES)[number];

/** Counts: row = true class, column = predicted class. */
export type Confusion = readonly (readonly number[])[];

/** @throws RangeError when the lists differ in length or a class is not in 0..classes-1 */
export function confusionMatrix(truth: ArrayLike<number>, predicted: ArrayLike<number>, classes: number): Confusion {
  if (truth.length !== predicted.length) throw new RangeError(`${truth.length} labels against ${predicted.length} predictions`);
  const counts = Array.from({ length: classes }, () => new Array<number>(classes).fill(0));
  for (let i = 0; i < truth.length; i++) {
    const row = counts[truth[i]!];
    if (row?.[predicted[i]!] === undefined) throw new RangeError(`item ${i}: classes ${truth[i]} and ${predicted[i]} of ${classes}`);
    row[predicted[i]!]!++;
  }
  return counts;
}

/** Share of right predictions; at least one item. */
export function accuracy(confusion: Confusion): number {
  return trace(confusion) / total(confusion);
}

/** F1 of class 1 against class 0: 2 TP / (2 TP + FP + FN); 0 when there is no positive at all, as scikit-learn has it. Two classes. */
export function f1(confusion: Confusion): number {
  const [[, falsePositive], [falseNegative, truePositive]] = twoClasses(confusion);
  const denominator = 2 * truePositive + falsePositive + falseNegative;
  return denominator === 0 ? 0 : (2 * truePositive) / denominator;
}

/**
 * Matthews' correlation for any number of classes (Gorodkin 2004): covariance of truth and prediction over the product of their
 * deviations; 0 when either is constant.
 */
export function matthews(confusion: Confusion): number {
  const items = total(confusion);
  const truths = confusion.map((row) => row.reduce((sum, count) => sum + count, 0));
  const predictions = confusion.map((_, column) => confusion.reduce((sum, row) => sum + row[column]!, 0));
  const dot = (a: readonly number[], b: readonly number[]) => a.reduce((sum, value, i) => sum + value * b[i]!, 0);
  const covariance = trace(confusion) * items - dot(truths, predictions);
  const spread = (items ** 2 - dot(truths, truths)) * (items ** 2 - dot(predictions, predictions));
  return spread === 0 ? 0 : covariance / Math.sqrt(spread);
}

export const METRICS: Readonly<Record<MetricName, (confusion: Confusion) => number>> = { accuracy, f1, matthews };

/** Index of the largest of `classes` values from `at` on; the first of equal ones, as numpy's argmax. */
export function argmax(values: ArrayLike<number>, at: number, classes: number): number {
  let best = 0;
  for (let i = 1; i < classes; i++) if (values[at + i]! > values[at + best]!) best = i;
  return best;
}

function total(confusion: Confusion): number {
  return confusion.flat().reduce((sum, count) => sum + count, 0);
}

function trace(confusion: Confusion): number {
  return confusion.reduce((sum, row, i) => sum + row[i]!, 0);
}

function twoClasses(confusion: Confusion): [[number, number], [number, number]] {
  if (confusion.length !== 2) throw new RangeError(`F1 of ${confusion.length} classes`);
  return confusion as unknown as [[number, number], [number, number]];
}
