import { describe, expect, it } from 'vitest';
import { bootstrapMean, drawBinomial, pairedStratum, proportion, stratumOf } from '../../../src/main/evaluation/bootstrap.ts';
import { binaryTable, metricOfTable, scoreOf } from '../../../src/main/evaluation/metrics.ts';
import { pairedMacroDifference, Z95 } from '../../../src/main/evaluation/statistics.ts';
import { Random } from '../../../src/main/random.ts';
import type { ClassOutcome } from '../../../src/shared/outcomes.ts';
import type { Metric } from '../../../src/shared/scores.ts';

const classes = (metric: Metric, labels: number[], predicted: number[]): ClassOutcome =>
  ({ kind: 'fine-tuning', subtask: 't', phenomenon: null, metric, labels: Int32Array.from(labels), predicted: Int32Array.from(predicted) });

describe('metrics', () => {
  it.each([
    [[1, 0, 1, 1, 0, 0, 1, 0], [1, 0, 0, 1, 1, 0, 1, 0], 0.75, 0.75, 0.5],
    [[1, 1, 1, 1], [1, 0, 1, 1], 0.75, 6 / 7, 0],
    [[0, 0, 0, 1], [0, 0, 0, 0], 0.75, 0, 0],
  ])('are scikit-learn\'s for %j predicted as %j', (labels, predicted, accuracy, f1, matthews) => {
    expect(scoreOf(classes('accuracy', labels, predicted))).toBeCloseTo(accuracy, 12);
    expect(scoreOf(classes('f1', labels, predicted))).toBeCloseTo(f1, 12);
    expect(scoreOf(classes('matthews', labels, predicted))).toBeCloseTo(matthews, 12);
  });

  it('count more than two classes by accuracy', () => {
    expect(scoreOf(classes('accuracy', [2, 1, 0, 2], [2, 0, 0, 1]))).toBe(0.5);
    expect(metricOfTable('accuracy', binaryTable([1, 0, 1], [1, 0, 0]))).toBeCloseTo(2 / 3, 12);
  });
});

describe('drawBinomial', () => {
  it.each([[10, 0.3], [867, 0.71], [867, 0.02], [20_000, 0.5], [5, 0.9]])('has the mean and variance of Binomial(%i, %d)', (n, p) => {
    const random = new Random(5, `binomial ${n} ${p}`);
    const draws = Array.from({ length: 4000 }, () => drawBinomial(random, n, p));
    const mean = draws.reduce((sum, one) => sum + one, 0) / draws.length;
    const variance = draws.reduce((sum, one) => sum + (one - mean) ** 2, 0) / draws.length;
    const expected = n * p * (1 - p);
    expect(Math.abs(mean - n * p)).toBeLessThan(4 * Math.sqrt(expected / draws.length));
    expect(variance / expected).toBeGreaterThan(0.88);
    expect(variance / expected).toBeLessThan(1.12);
    expect(draws.every((one) => one >= 0 && one <= n)).toBe(true);
  });

  it('knows what is certain', () => {
    const random = new Random(1, 'certain');
    expect([drawBinomial(random, 0, 0.5), drawBinomial(random, 7, 0), drawBinomial(random, 7, 1)]).toEqual([0, 0, 7]);
  });
});

describe('bootstrapMean', () => {
  it('gives the same interval for the same seed, and another for another', () => {
    const strata = [[proportion(30, 40), proportion(10, 40)]];
    expect(bootstrapMean(0.5, strata)).toEqual(bootstrapMean(0.5, strata));
    expect(bootstrapMean(0.5, strata, { seed: 13 })).not.toEqual(bootstrapMean(0.5, strata));
  });

  it('is as wide as the strata\'s binomial variances make it', () => {
    const parts = [{ correct: 600, items: 900 }, { correct: 80, items: 100 }, { correct: 400, items: 800 }];
    const value = parts.reduce((sum, { correct, items }) => sum + correct / items, 0) / 3;
    const { low, high } = bootstrapMean(value, [parts.map(({ correct, items }) => proportion(correct, items))], { replicates: 6000 });
    const half = (Z95 * Math.sqrt(parts.reduce((sum, { correct, items }) => sum + ((correct / items) * (1 - correct / items)) / items, 0))) / 3;
    expect((value - low) / half).toBeCloseTo(1, 1);
    expect((high - value) / half).toBeCloseTo(1, 1);
  });

  it('means groups without weights, whatever they hold', () => {
    const certain = (share: number) => proportion(share * 10, 10);
    expect(bootstrapMean(0, [[certain(1)], [certain(0), certain(0), certain(0)]])).toEqual({ value: 0, low: 0.5, high: 0.5 });
  });

  it('resamples classes: F1 and Matthews keep between the bounds that numpy finds', () => {
    // 300 items: tp 90, fp 30, fn 20, tn 160; numpy's bootstrap (20,000 replicates) has F1 in [0.7204, 0.8379] and Matthews in [0.5583, 0.7355].
    const labels = [...Array<number>(110).fill(1), ...Array<number>(190).fill(0)];
    const predicted = [...Array<number>(90).fill(1), ...Array<number>(20).fill(0), ...Array<number>(30).fill(1), ...Array<number>(160).fill(0)];
    const f1 = bootstrapMean(0, [[stratumOf(classes('f1', labels, predicted))]], { replicates: 6000 });
    const matthews = bootstrapMean(0, [[stratumOf(classes('matthews', labels, predicted))]], { replicates: 6000 });
    for (const [bounds, low, high] of [[f1, 0.7204, 0.8379], [matthews, 0.5583, 0.7355]] as const) {
      expect(bounds.low).toBeCloseTo(low, 2);
      expect(bounds.high).toBeCloseTo(high, 2);
    }
  });

  it('of paired differences agrees with their normal interval', () => {
    const parts = [{ onlyA: 60, onlyB: 30, items: 400 }, { onlyA: 5, onlyB: 15, items: 100 }];
    const normal = pairedMacroDifference(parts);
    const { low, high } = bootstrapMean(normal.value, [parts.map(pairedStratum)], { replicates: 6000 });
    expect((high - low) / (normal.high - normal.low)).toBeCloseTo(1, 1);
    expect((high + low) / 2).toBeCloseTo(normal.value, 2);
  });
});
