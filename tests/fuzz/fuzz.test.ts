/** Every input that comes from outside, for a few seconds each; `npm run test:fuzz` does it for as long as one likes. */
import { describe, expect, it } from 'vitest';
import { fuzzTarget, TARGET_COUNT } from './campaign.ts';

/** All targets together take about a minute. */
const SECONDS = 45;

describe('what comes from outside is taken or refused, never crashed or hung on', () => {
  it.each(Array.from({ length: TARGET_COUNT }, (_, target) => target))('target %i', async (target) => {
    // Another seed each day: over time more is tried, and a failure names its seed.
    const { name, inputs, taken, failure } = await fuzzTarget(target, { inputs: 50_000, milliseconds: (SECONDS * 1000) / TARGET_COUNT, seed: Math.floor(Date.now() / 86_400_000) });
    expect(failure, name).toBeNull();
    expect(inputs, name).toBeGreaterThan(50);
    // Inputs of which none is ever right test nothing but the first check.
    expect(taken, name).toBeGreaterThan(0);
  });
});
