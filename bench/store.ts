/** Opening a workspace with 10,000 runs and 10 million metric rows, and listing its runs, against the target of 200 ms. */
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import Database from 'better-sqlite3';
import { newRunId } from '../src/main/store/runs.ts';
import { Store } from '../src/main/store/store.ts';
import type { BenchResult } from './result.ts';

const RUNS = 10_000;
const STEPS = 500;
const METRICS = ['train/loss', 'train/gradientNorm'];
const TARGET_MS = 200;
const ROUNDS = 7;

/** Fills the tables by hand: through the store it would take an hour. */
function fill(path: string): void {
  Store.open(path).close();
  const db = new Database(path);
  db.pragma('synchronous = OFF');
  const run = db.prepare(`INSERT INTO runs (id, kind, name, state, project, created_at, started_at, finished_at, params, step, train_loss, eval_loss, best_eval_loss)
    VALUES (?, 'train', ?, 'done', 'bench', ?, ?, ?, ?, ?, ?, ?, ?)`);
  const metric = db.prepare('INSERT INTO metrics (run_id, metric_id, step, value) VALUES (?, ?, ?, ?)');
  METRICS.forEach((name, i) => db.prepare('INSERT INTO metric_names (id, name) VALUES (?, ?)').run(i + 1, name));
  const params = JSON.stringify({ config: { model: { name: 'bench', hidden_size: 256 }, training: { lr: 3e-4, batch_size: 128 } } });
  for (let i = 0; i < RUNS; i++) {
    if (i % 500 === 0) process.stderr.write(`\r${i} of ${RUNS} runs`);
    db.transaction(() => {
      const created = 1.7e12 + i * 60_000;
      const id = newRunId(created);
      const loss = 3 + ((i * 7919) % 1000) / 500;
      run.run(id, `run-${i}`, created, created, created + 50_000, params, STEPS, loss, loss + 0.1, loss + 0.05);
      for (let m = 1; m <= METRICS.length; m++) for (let step = 1; step <= STEPS; step++) metric.run(id, m, step, loss + 5 / step);
    })();
  }
  process.stderr.write(`\r${RUNS} runs, ${(RUNS * STEPS * METRICS.length) / 1e6} million metric rows\n`);
  db.close();
}

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
    fill(path);
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
