/** Long series: chunks and rows give the same points, and nothing extreme is ever hidden. */
import { join } from 'node:path';
import Database from 'better-sqlite3';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { CHUNK_POINTS } from '../../../src/main/store/points.ts';
import { lowerBound, smooth, thin } from '../../../src/main/store/series.ts';
import { Store } from '../../../src/main/store/store.ts';
import { temporaryFolder } from '../../support/jobContext.ts';

const anyValue = fc.oneof({ weight: 20, arbitrary: fc.double({ noNaN: true, noDefaultInfinity: true }) }, { weight: 1, arbitrary: fc.constantFrom(NaN, Infinity, -Infinity) });

describe('thinning', () => {
  it('keeps the ends, every stretch\'s extremes and all that is not finite, in order', () => {
    fc.assert(fc.property(fc.array(anyValue, { maxLength: 300 }), fc.integer({ min: 4, max: 60 }), (list, maxPoints) => {
      const values = Float64Array.from(list);
      const kept = thin(values, 0, values.length, maxPoints);
      expect(kept).toEqual([...new Set(kept)].sort((a, b) => a - b));
      const finite = list.filter(Number.isFinite);
      const shown = kept.map((index) => list[index]!);
      if (list.length) expect([kept[0], kept.at(-1)]).toEqual([0, list.length - 1]);
      if (finite.length) {
        expect(Math.min(...shown.filter(Number.isFinite))).toBe(Math.min(...finite));
        expect(Math.max(...shown.filter(Number.isFinite))).toBe(Math.max(...finite));
      }
      expect(shown.filter((value) => !Number.isFinite(value))).toHaveLength(list.length - finite.length);
      expect(kept.length - (list.length - finite.length)).toBeLessThanOrEqual(maxPoints);
    }));
  });
});

describe('smoothing', () => {
  it('leaves a constant as it is (TensorBoard 1518) from its first value on, and passes over what is not finite', () => {
    expect([...smooth(Float64Array.from([2, 2, NaN, 2]), 0.99)].map((value) => Number(value.toFixed(9)))).toEqual([2, 2, NaN, 2]);
  });
  it('is the debiased exponential mean (TensorBoard 786)', () => {
    const [first, second] = smooth(Float64Array.from([1, 3]), 0.5);
    expect(first).toBe(1);
    expect(second).toBeCloseTo((0.5 * 1 * 0.5 + 0.5 * 3) / (1 - 0.25), 12);
  });
  it('is the same whatever is shown of it (TensorBoard 6829)', () => {
    const store = openStore();
    const id = newRun(store);
    store.appendMetrics(id, Array.from({ length: 3000 }, (_, i) => ({ step: i, values: { 'train/loss': Math.sin(i / 50) + (i % 7) / 10 } })));
    const [whole] = store.metricSeries(id, ['train/loss'], { maxPoints: 100_000, smoothing: 0.9 });
    const [part] = store.metricSeries(id, ['train/loss'], { maxPoints: 50, smoothing: 0.9, from: 1000, to: 2000 });
    part!.steps.forEach((step, i) => expect(part!.smoothed[i]).toBe(whole!.smoothed[step]));
    expect([part!.steps[0], part!.steps.at(-1)]).toEqual([1000, 2000]);
    store.close();
  });
});

it('finds where a step stands', () => {
  const steps = Float64Array.from([1, 3, 3, 7]);
  expect([0, 1, 2, 3, 4, 8].map((step) => lowerBound(steps, step))).toEqual([0, 0, 1, 1, 3, 4]);
});

function openStore(folder = temporaryFolder()): Store {
  return Store.open(join(folder, 'cria.db'));
}

const newRun = (store: Store) => store.createRun({ kind: 'train', name: 'long', params: {}, project: '' }).id;

describe('a long series', () => {
  it('is what was logged, however it came: sealed, replaced in the middle, not finite, read by a later engine', () => {
    fc.assert(fc.property(
      fc.array(fc.record({ start: fc.integer({ min: 0, max: 30_000 }), count: fc.integer({ min: 1, max: 9000 }), odd: fc.constantFrom(NaN, Infinity, 1e300) }), { minLength: 1, maxLength: 5 }),
      (bursts) => {
        const folder = temporaryFolder();
        let store = openStore(folder);
        const id = newRun(store);
        const expected = new Map<number, number>();
        bursts.forEach(({ start, count, odd }, burst) => {
          const records = Array.from({ length: count }, (_, i) => ({ step: start + i, values: { 'train/loss': i === 5 ? odd : burst + i / 1000 } }));
          for (const { step, values } of records) expected.set(step, values['train/loss']);
          store.appendMetrics(id, records);
        });
        for (let reopened = 0; reopened < 2; reopened++) {
          const [series] = store.metricSeries(id, ['train/loss'], { maxPoints: 100_000 });
          const sorted = [...expected].sort(([a], [b]) => a - b);
          expect(series!.count).toBe(sorted.length);
          expect(series!.steps).toEqual(sorted.map(([step]) => step));
          expect(series!.values).toEqual(sorted.map(([, value]) => value));
          store.close();
          store = openStore(folder);
        }
        store.close();
      },
    ), { numRuns: 12 });
  });

  it('seals its old points, and shows new ones at once', () => {
    const store = openStore();
    const id = newRun(store);
    const log = (from: number, count: number) => store.appendMetrics(id, Array.from({ length: count }, (_, i) => ({ step: from + i, values: { 'train/loss': from + i }, tokens: 10 * (from + i) })));
    log(0, 5 * CHUNK_POINTS);
    const read = () => store.metricSeries(id, ['train/loss'], { maxPoints: 20 })[0]!;
    expect(read().count).toBe(5 * CHUNK_POINTS);
    log(5 * CHUNK_POINTS, 3);
    expect(read().values.at(-1)).toBe(5 * CHUNK_POINTS + 2);
    expect(read().tokens[1]).toBe(10 * read().steps[1]!);
    store.close();
  });
});

it('leaves nothing behind when it is asked for a metric that nobody has measured', () => {
  const path = join(temporaryFolder(), 'cria.db');
  const store = Store.open(path);
  const runId = newRun(store);
  for (let i = 0; i < 20; i++) expect(store.metricSeries(runId, [`junk ${i}`], { maxPoints: 10 })[0]!.steps).toEqual([]);
  store.close();
  const db = new Database(path, { readonly: true });
  expect(db.prepare('SELECT count(*) FROM metric_names').pluck().get()).toBe(0);
  db.close();
});
