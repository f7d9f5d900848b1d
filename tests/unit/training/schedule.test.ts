import { describe, expect, it } from 'vitest';
import { learningRateAt } from '../../../src/main/training/schedule.ts';

describe('the learning rate', () => {
  it.each([
    // transformers' get_cosine_schedule_with_warmup, peak 1e-3, warmup 2 of 6.
    [0, 0], [1, 5e-4], [2, 1e-3], [3, 8.53553390593e-4], [4, 5e-4], [5, 1.46446609407e-4], [6, 0],
  ])('of step %d is %d', (step, expected) => {
    expect(learningRateAt(1e-3, step, 2, 6)).toBeCloseTo(expected, 12);
  });

  it('starts at the peak without warmup, and never falls below 0', () => {
    expect(learningRateAt(3, 0, 0, 10)).toBe(3);
    expect(learningRateAt(3, 10, 0, 10)).toBe(0);
    expect(learningRateAt(3, 4, 8, 6)).toBe(1.5);
  });
});
