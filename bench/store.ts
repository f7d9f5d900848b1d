/** Opening a workspace with 10,000 runs and 10 million metric rows, and listing its runs, against the target of 200 ms. */
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Store } from '../src/main/store/store.ts';
import { fillRuns } from './fill.ts';
import type { BenchResult } from './result.ts';

const RUNS = 10_000;
const STEPS = 500;
const TARGET_MS = 200;
const ROUNDS = 7;

function median(measure: () => void): number {
  const times = Array.from({ length: ROUNDS }, () => {
    const started = performance.now();
    measure();
    return performance.now() - started;
  });
  return times.sort((a, b) => a - b)[(ROUNDS - 1) / 2]!;
}

export async function benchStore(): Promise<BenchResult[]> {
  const folder = mkdtempSync(join(tmpdir(), 'cria-bench-'));
  try {
    const path = join(folder, 'cria.db');
    fillRuns(path, { runs: RUNS, steps: STEPS });
    const cases: [string, Parameters<Store['listRuns']>[0]][] = [
      ['open and list the newest 100 of 10,000 runs', { kinds: ['train'] }],
      ['open and list by eval loss', { kinds: ['train'], sort: 'evalLoss', descending: false }],
      ['open and list by text', { kinds: ['train'], search: 'run-77' }],
    ];
    return cases.map(([what, filter]) => {
      const ours = median(() => {
        const store = Store.open(path);
        store.listRuns(filter);
        store.close();
      });
      return { case: what, precision: '', ours, unit: 'ms', peer: `target of ${TARGET_MS} ms`, ratio: TARGET_MS / ours };
    });
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}
