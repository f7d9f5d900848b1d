import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import {
  discordant, holm, macroMean, mcnemarExact, pairedDifference, pairedMacroDifference, signTest, wilson, Z95,
} from '../../../src/main/evaluation/statistics.ts';

// Oracles: statsmodels 0.14 (proportion_confint, mcnemar, multipletests).
describe('wilson', () => {
  it.each([
    [0, 10, 0, 0.27753279986288926],
    [10, 10, 0.7224672001371109, 1],
    [7, 10, 0.39677814746114526, 0.892208732593699],
    [611, 1000, 0.5804136555818766, 0.64073680403433],
    [1, 64, 0.002763541923337505, 0.08334101600094265],
    [32, 64, 0.3810209474394701, 0.6189790525605299],
  ])('of %i of %i', (correct, items, low, high) => {
    const interval = wilson(correct, items);
    expect(interval.low).toBeCloseTo(low, 12);
    expect(interval.high).toBeCloseTo(high, 12);
  });

  it('contains the proportion and stays in [0, 1]', () => {
    fc.assert(fc.property(fc.integer({ min: 1, max: 5000 }), fc.double({ min: 0, max: 1, noNaN: true }), (items, share) => {
      const correct = Math.floor(share * items);
      const { low, high } = wilson(correct, items);
      return low >= 0 && high <= 1 && low <= correct / items && high >= correct / items && high > low;
    }));
  });

  it('refuses what is no proportion', () => {
    expect(() => wilson(0, 0)).toThrow(RangeError);
    expect(() => wilson(3, 2)).toThrow(RangeError);
  });
});

describe('macroMean', () => {
  it('of one part is its Wilson interval', () => {
    const { low, high } = wilson(7, 10);
    const mean = macroMean([{ correct: 7, items: 10 }]);
    expect(mean.value).toBe(0.7);
    expect(mean.low).toBeCloseTo(low, 12);
    expect(mean.high).toBeCloseTo(high, 12);
  });

  it('weighs parts equally, whatever their size', () => {
    expect(macroMean([{ correct: 1, items: 2 }, { correct: 1000, items: 1000 }]).value).toBe(0.75);
  });

  it('nears the normal interval of independent binomials for many items', () => {
    const parts = [0.55, 0.7, 0.85].map((p) => ({ correct: Math.round(p * 1e6), items: 1e6 }));
    const { value, low, high } = macroMean(parts);
    const half = (Z95 * Math.sqrt(parts.reduce((sum, { correct, items }) => sum + ((correct / items) * (1 - correct / items)) / items, 0))) / 3;
    expect(value).toBeCloseTo(0.7, 12);
    expect((value - low) / half).toBeCloseTo(1, 2);
    expect((high - value) / half).toBeCloseTo(1, 2);
  });

  it('keeps a width when all is right, and bounds within [0, 1]', () => {
    const { value, low, high } = macroMean([{ correct: 20, items: 20 }, { correct: 30, items: 30 }]);
    expect(value).toBe(1);
    expect(high).toBe(1);
    expect(low).toBeLessThan(0.95);
  });
});

describe('mcnemarExact', () => {
  it.each([
    [0, 0, 1],
    [5, 0, 0.0625],
    [10, 4, 0.1795654296875],
    [3, 3, 1],
    [1, 2, 1],
    [120, 80, 0.005685155996750306],
    [1500, 1320, 0.0007467902209675882],
    [30_000, 29_500, 0.04078494287071478],
  ])('of %i against %i', (b, c, p) => expect(mcnemarExact(b, c) / p).toBeCloseTo(1, 9));

  it('is symmetric and a probability', () => {
    fc.assert(fc.property(fc.nat(3000), fc.nat(3000), (b, c) => {
      const p = mcnemarExact(b, c);
      return p === mcnemarExact(c, b) && p >= 0 && p <= 1;
    }));
  });
});

describe('signTest', () => {
  it('leaves zeros out', () => {
    expect(signTest([0.5, 1, 0, 2, 3, 0, 4])).toBe(0.0625);
    expect(signTest([0, 0])).toBe(1);
  });
});

describe('holm', () => {
  it('agrees with statsmodels, in the given order', () => {
    const adjusted = holm([0.01, 0.04, 0.03, 0.005, 0.5, 0.9]);
    [0.05, 0.12, 0.12, 0.03, 1, 1].forEach((p, i) => expect(adjusted[i]).toBeCloseTo(p, 12));
  });
  it('of nothing is nothing', () => expect(holm([])).toEqual([]));
});

describe('paired differences', () => {
  it('counts the items that one alone gets right', () => {
    expect(discordant([1, 1, 0, 0, 1], [1, 0, 1, 0, 0])).toEqual({ onlyA: 2, onlyB: 1, items: 5 });
    expect(() => discordant([1], [1, 0])).toThrow(RangeError);
  });

  it('has the standard error of the mean of +1, 0 and -1', () => {
    // numpy: mean 0.04, std / sqrt(n) of 120 ones, 80 minus ones and 800 zeros.
    const { value, low, high } = pairedDifference({ onlyA: 120, onlyB: 80, items: 1000 });
    expect(value).toBeCloseTo(0.04, 12);
    expect((high - low) / 2 / Z95).toBeCloseTo(0.014085453489327207, 12);
  });

  it('averages over subtasks without weights', () => {
    const parts = [{ onlyA: 10, onlyB: 0, items: 100 }, { onlyA: 0, onlyB: 1, items: 10 }];
    const { value, low, high } = pairedMacroDifference(parts);
    expect(value).toBeCloseTo(0, 12);
    const halves = parts.map((part) => { const d = pairedDifference(part); return (d.high - d.low) / 2; });
    expect((high - low) / 2).toBeCloseTo(Math.hypot(...halves) / 2, 12);
  });
});
