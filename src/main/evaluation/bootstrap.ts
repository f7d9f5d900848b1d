/**
 * Bootstrap intervals of macro scores (Efron and Tibshirani 1993, percentile method): items are drawn again with replacement within each
 * subtask (the strata), each replicate's score is computed as the score itself is, and the interval holds the middle 95 %.
 *
 * A resample enters a score through counts alone, so counts are drawn rather than items, which has the same distribution: the number of
 * right answers is binomial, the cells of a table of predictions and labels are multinomial.
 */
import { decisions, type Outcome } from '../../shared/outcomes.ts';
import { Random } from '../random.ts';
import { binaryTable, metricOfTable, type BinaryTable } from './metrics.ts';
import { discordant, type Discordant, type Estimate } from './statistics.ts';

/** A subtask as a bootstrap sees it: draws the score of one resample. */
export type Stratum = (random: Random) => number;

export const REPLICATES = 2000;
const SEED = 12;

/**
 * Bounds of the unweighted mean's 95 % interval.
 * @param value the score itself, which is given back with them
 * @param groups strata by group: the mean of groups' means (tasks of a leaderboard); one group for a suite
 */
export function bootstrapMean(value: number, groups: readonly (readonly Stratum[])[], { replicates = REPLICATES, seed = SEED } = {}): Estimate {
  const random = new Random(seed, 'bootstrap');
  const means = Float64Array.from({ length: replicates }, () => mean(groups.map((strata) => mean(strata.map((draw) => draw(random))))));
  means.sort();
  return { value, low: quantile(means, 0.025), high: quantile(means, 0.975) };
}

function mean(values: readonly number[]): number {
  return values.reduce((sum, one) => sum + one, 0) / values.length;
}

/** Linear between the two nearest order statistics, as numpy's default. */
function quantile(sorted: Float64Array, share: number): number {
  const at = share * (sorted.length - 1);
  const below = Math.floor(at);
  const above = Math.min(sorted.length - 1, below + 1);
  return sorted[below]! + (at - below) * (sorted[above]! - sorted[below]!);
}

/** The stratum of a measured subtask. */
export function stratumOf(outcome: Outcome): Stratum {
  if (outcome.kind === 'choice' || outcome.metric === 'accuracy') {
    const right = decisions(outcome);
    const correct = right.reduce((sum, one) => sum + one, 0);
    return proportion(correct, right.length);
  }
  const { metric } = outcome;
  const draw = multinomial(binaryTable(outcome.predicted, outcome.labels));
  return (random) => metricOfTable(metric, draw(random) as BinaryTable);
}

/** Share of right answers in a resample. */
export function proportion(correct: number, items: number): Stratum {
  return (random) => drawBinomial(random, items, correct / items) / items;
}

/** Score of A minus score of B on resampled items; both models keep their answers to an item. */
export function pairedStratumOf(a: Outcome, b: Outcome): Stratum {
  if (a.kind === 'choice' || b.kind === 'choice' || a.metric === 'accuracy') return pairedStratum(discordant(decisions(a), decisions(b)));
  const { metric } = a;
  // Cells by label, A's and B's class, each 1 or not.
  const cells = new Array<number>(8).fill(0);
  a.labels.forEach((label, i) => cells[4 * Number(label === 1) + 2 * Number(a.predicted[i] === 1) + Number(b.predicted[i] === 1)]!++);
  const draw = multinomial(cells);
  return (random) => {
    const [c0, c1, c2, c3, c4, c5, c6, c7] = draw(random) as [number, number, number, number, number, number, number, number];
    return metricOfTable(metric, [c0 + c1, c2 + c3, c4 + c5, c6 + c7]) - metricOfTable(metric, [c0 + c2, c1 + c3, c4 + c6, c5 + c7]);
  };
}

/** Difference of two models' accuracies on resampled items. */
export function pairedStratum({ onlyA, onlyB, items }: Discordant): Stratum {
  const draw = multinomial([onlyA, onlyB, items - onlyA - onlyB]);
  return (random) => {
    const [a, b] = draw(random);
    return (a! - b!) / items;
  };
}

/** Counts of as many draws as the given counts sum to, from cells of their shares; one conditional binomial after the other. */
function multinomial(counts: readonly number[]): (random: Random) => number[] {
  const total = counts.reduce((sum, one) => sum + one, 0);
  return (random) => {
    let drawsLeft = total;
    let countsLeft = total;
    return counts.map((count, i) => {
      const drawn = i === counts.length - 1 ? drawsLeft : drawBinomial(random, drawsLeft, countsLeft === 0 ? 0 : Math.min(1, count / countsLeft));
      drawsLeft -= drawn;
      countsLeft -= count;
      return drawn;
    });
  };
}

/**
 * A draw from Binomial(n, p) by inversion: from the most probable number outwards, probabilities are taken off one uniform number until
 * it is used up, which takes some sqrt(n p (1 - p)) steps.
 */
export function drawBinomial(random: Random, n: number, p: number): number {
  if (n === 0 || p <= 0) return 0;
  if (p >= 1) return n;
  const mode = Math.min(n, Math.floor((n + 1) * p));
  const atMode = Math.exp(logFactorial(n) - logFactorial(mode) - logFactorial(n - mode) + mode * Math.log(p) + (n - mode) * Math.log1p(-p));
  let left = random.uniform() - atMode;
  if (left < 0) return mode;
  let [above, below, atAbove, atBelow] = [mode, mode, atMode, atMode];
  while (above < n || below > 0) {
    if (above < n) {
      atAbove *= ((n - above) / (above + 1)) * (p / (1 - p));
      above++;
      left -= atAbove;
      if (left < 0) return above;
    }
    if (below > 0) {
      atBelow *= (below / (n - below + 1)) * ((1 - p) / p);
      below--;
      left -= atBelow;
      if (left < 0) return below;
    }
  }
  return mode; // What rounding has left over.
}

const logFactorials: number[] = [0];

function logFactorial(n: number): number {
  for (let i = logFactorials.length; i <= n; i++) logFactorials.push(logFactorials[i - 1]! + Math.log(i));
  return logFactorials[n]!;
}
