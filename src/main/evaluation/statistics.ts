/** The statistics of paired yes/no items. Pure functions; probabilities and intervals are two-sided. */

/** 97.5 % quantile of the standard normal: 95 % intervals. */
export const Z95 = 1.959963984540054;

export interface Interval {
  low: number;
  high: number;
}

export interface Estimate extends Interval {
  value: number;
}

/**
 * Wilson's score interval for a proportion (Wilson 1927): centre (p + z^2/2n) / (1 + z^2/n), half width z sqrt(p(1-p)/n + z^2/4n^2) / (1 + z^2/n).
 * Unlike the normal one it stays inside [0, 1] and has a width at 0 and 1.
 */
export function wilson(correct: number, items: number, z = Z95): Interval {
  if (!(items > 0) || correct < 0 || correct > items) throw new RangeError(`no proportion: ${correct} of ${items}`);
  const p = correct / items;
  const shrink = 1 + (z * z) / items;
  const centre = (p + (z * z) / (2 * items)) / shrink;
  const half = (z * Math.sqrt((p * (1 - p)) / items + (z * z) / (4 * items * items))) / shrink;
  // At the borders the formula is exact, its floating-point evaluation is not.
  return { low: correct === 0 ? 0 : Math.max(0, centre - half), high: correct === items ? 1 : Math.min(1, centre + half) };
}

/**
 * Unweighted mean of independent proportions, e.g. BLiMP's score over its 67 paradigms, with an interval made of the parts' Wilson
 * intervals: mean -+ sqrt(sum of squared distances of each p from its bound) / K (Zou, Huang and Zhang 2009, Comput. Stat. Data Anal. 53:1080).
 * For many items it equals the normal interval from the binomial variances, sqrt(sum p(1-p)/n) / K; at 0 and 1 it keeps a width.
 */
export function macroMean(parts: readonly { correct: number; items: number }[], z = Z95): Estimate {
  return meanOfEstimates(parts.map(({ correct, items }) => ({ value: correct / items, ...wilson(correct, items, z) })));
}

/** Mean of independent estimates, with an interval made of theirs in the same way. */
export function meanOfEstimates(parts: readonly Estimate[]): Estimate {
  if (parts.length === 0) throw new RangeError('no parts to average');
  let sum = 0;
  let below = 0;
  let above = 0;
  for (const { value, low, high } of parts) {
    sum += value;
    below += (value - low) ** 2;
    above += (high - value) ** 2;
  }
  const value = sum / parts.length;
  return { value, low: value - Math.sqrt(below) / parts.length, high: value + Math.sqrt(above) / parts.length };
}

/** Items on which exactly one of two models is right. */
export interface Discordant {
  /** A right, B wrong. */
  onlyA: number;
  /** B right, A wrong. */
  onlyB: number;
  items: number;
}

/** Counts {@link Discordant} items; the two lists speak of the same items in the same order. */
export function discordant(a: ArrayLike<unknown>, b: ArrayLike<unknown>): Discordant {
  if (a.length !== b.length) throw new RangeError(`${a.length} items against ${b.length}`);
  let onlyA = 0;
  let onlyB = 0;
  for (let i = 0; i < a.length; i++) {
    if (a[i] && !b[i]) onlyA++;
    else if (b[i] && !a[i]) onlyB++;
  }
  return { onlyA, onlyB, items: a.length };
}

/**
 * McNemar's exact test, which is the exact sign test on the discordant items: p = min(1, 2 P(X <= min(b, c))), X ~ Binomial(b + c, 1/2).
 * Items that both models get right or wrong say nothing and do not enter.
 */
export function mcnemarExact(onlyA: number, onlyB: number): number {
  const n = onlyA + onlyB;
  const k = Math.min(onlyA, onlyB);
  if (n === 0 || onlyA === onlyB) return 1;
  let logTerm = -n * Math.LN2; // log of C(n, i) / 2^n, from i = 0 upwards
  let tail = Math.exp(logTerm);
  for (let i = 1; i <= k; i++) {
    logTerm += Math.log((n - i + 1) / i);
    tail += Math.exp(logTerm);
  }
  return Math.min(1, 2 * tail);
}

/** Exact sign test on differences; zeros are left out. @returns the p-value */
export function signTest(differences: ArrayLike<number>): number {
  let positive = 0;
  let negative = 0;
  for (let i = 0; i < differences.length; i++) {
    if (differences[i]! > 0) positive++;
    else if (differences[i]! < 0) negative++;
  }
  return mcnemarExact(positive, negative);
}

/** Holm's step-down correction (1979) of a family of p-values: adjusted p-values in the given order. */
export function holm(pValues: readonly number[]): number[] {
  const order = pValues.map((_, i) => i).sort((i, j) => pValues[i]! - pValues[j]!);
  const adjusted = new Array<number>(pValues.length);
  let running = 0;
  order.forEach((index, rank) => {
    running = Math.max(running, Math.min(1, (pValues.length - rank) * pValues[index]!));
    adjusted[index] = running;
  });
  return adjusted;
}

/**
 * Accuracy of A minus accuracy of B on the same items, with the normal interval of the paired difference: variance
 * (b + c - (b - c)^2 / n) / n^2 (Agresti, Categorical Data Analysis, on matched pairs).
 */
export function pairedDifference({ onlyA, onlyB, items }: Discordant, z = Z95): Estimate {
  const value = (onlyA - onlyB) / items;
  const half = z * Math.sqrt(pairedVariance({ onlyA, onlyB, items }));
  return { value, low: value - half, high: value + half };
}

/** Difference of two macro means on the same items: mean of the subtasks' paired differences, variances added and divided by K^2. */
export function pairedMacroDifference(parts: readonly Discordant[], z = Z95): Estimate {
  if (parts.length === 0) throw new RangeError('no parts to average');
  const value = parts.reduce((sum, { onlyA, onlyB, items }) => sum + (onlyA - onlyB) / items, 0) / parts.length;
  const half = (z * Math.sqrt(parts.reduce((sum, part) => sum + pairedVariance(part), 0))) / parts.length;
  return { value, low: value - half, high: value + half };
}

function pairedVariance({ onlyA, onlyB, items }: Discordant): number {
  return (onlyA + onlyB - (onlyA - onlyB) ** 2 / items) / (items * items);
}
