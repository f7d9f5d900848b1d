/**
 * Long series: the first view of 8 runs with a million points each, and zooms into them, as the compare page asks for them; and how many
 * points a second are taken in. Limits of the product: 1 s for the first view, 33 ms for a zoom of one run.
 */
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Store } from '../src/main/store/store.ts';
import { logLongRuns } from './fill.ts';
import type { BenchResult } from './result.ts';

const RUNS = 8;
const POINTS = 1_000_000;
const MAX_POINTS = 1600;

export function benchSeries(): Promise<BenchResult[]> {
  const folder = mkdtempSync(join(tmpdir(), 'cria-bench-'));
  try {
    const path = join(folder, 'cria.db');
    let store = Store.open(path);
    const { ids, pointsPerSecond } = logLongRuns(store, { runs: RUNS, points: POINTS });
    store.close();

    store = Store.open(path);
    const view = (smoothing: number) => timed(() => ids.forEach((id) => store.metricSeries(id, ['train/loss'], { maxPoints: MAX_POINTS, smoothing })));
    const first = view(0);
    const smoothed = view(0.9);
    const again = view(0);
    const zooms = Array.from({ length: 40 }, (_, i) => timed(() => store.metricSeries(ids[i % RUNS]!, ['train/loss'], { maxPoints: MAX_POINTS, from: i * 10_000, to: i * 10_000 + 200_000 })));
    store.close();
    const result = (what: string, ours: number, limit: number | null): BenchResult => ({ case: what, precision: '-', ours, unit: 'ms', peer: limit === null ? null : `limit of ${limit} ms`, ratio: limit === null ? null : limit / ours });
    return Promise.resolve([
      result(`first view of ${RUNS} runs with ${POINTS} points each, store just opened`, first, 1000),
      result('the same smoothed', smoothed, 1000),
      result('the same again', again, 1000),
      result('a zoom of one run, the slowest of 40', Math.max(...zooms), 33),
      { case: 'points taken in', precision: '-', ours: pointsPerSecond, unit: 'points/s', peer: null, ratio: null },
    ]);
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

function timed(action: () => void): number {
  const start = performance.now();
  action();
  return performance.now() - start;
}
