/** Stores as full as the benches want them. */
import Database from 'better-sqlite3';
import { newRunId } from '../src/main/store/runs.ts';
import { Store } from '../src/main/store/store.ts';

const METRICS = ['train/loss', 'train/gradientNorm'];
const BATCH = 20_000;

/** Many runs of a few hundred points each. Fills the tables by hand: through the store it would take an hour. */
export function fillRuns(path: string, { runs, steps }: { runs: number; steps: number }): void {
  Store.open(path).close();
  const db = new Database(path);
  db.pragma('synchronous = OFF');
  const run = db.prepare(`INSERT INTO runs (id, kind, name, state, project, created_at, started_at, finished_at, params, step, train_loss, eval_loss, best_eval_loss)
    VALUES (?, 'train', ?, 'done', 'bench', ?, ?, ?, ?, ?, ?, ?, ?)`);
  const metric = db.prepare('INSERT INTO metrics (run_id, metric_id, step, value) VALUES (?, ?, ?, ?)');
  const latest = db.prepare('INSERT INTO latest_metrics (run_id, metric_id, step, last, min, min_step, max, max_step) VALUES (?, ?, ?, ?, ?, ?, ?, 1)');
  METRICS.forEach((name, i) => db.prepare('INSERT INTO metric_names (id, name) VALUES (?, ?)').run(i + 1, name));
  const params = JSON.stringify({ config: { model: { name: 'bench', hidden_size: 256 }, training: { lr: 3e-4, batch_size: 128 } } });
  for (let i = 0; i < runs; i++) {
    if (i % 500 === 0) process.stderr.write(`\r${i} of ${runs} runs`);
    db.transaction(() => {
      const created = 1.7e12 + i * 60_000;
      const id = newRunId(created);
      const loss = 3 + ((i * 7919) % 1000) / 500;
      run.run(id, `run-${i}`, created, created, created + 50_000, params, steps, loss, loss + 0.1, loss + 0.05);
      for (let m = 1; m <= METRICS.length; m++) {
        for (let step = 1; step <= steps; step++) metric.run(id, m, step, loss + 5 / step);
        latest.run(id, m, steps, loss + 5 / steps, loss + 5 / steps, steps, loss + 5);
      }
    })();
  }
  process.stderr.write(`\r${runs} runs, ${(runs * steps * METRICS.length) / 1e6} million metric rows\n`);
  db.close();
}

/**
 * A few runs of very many training losses, with an eval loss now and then, logged as a run logs them.
 * @returns the runs' ids, and how many points were taken in a second
 */
export function logLongRuns(store: Store, { runs, points }: { runs: number; points: number }): { ids: string[]; pointsPerSecond: number } {
  const ids = Array.from({ length: runs }, (_, i) => store.createRun({ kind: 'train', name: `long-${i}`, params: { config: { training: { lr: 1e-3 / (i + 1), seed: i } } }, project: '', modelName: `long-${i}` }).id);
  const started = performance.now();
  for (const [run, id] of ids.entries()) {
    process.stderr.write(`\rlogging run ${run + 1} of ${runs}`);
    for (let from = 0; from < points; from += BATCH) {
      store.appendMetrics(id, Array.from({ length: BATCH }, (_, i) => {
        const step = from + i + 1;
        const values: Record<string, number> = { 'train/loss': 4 * Math.exp(-step / 2e5) + 1 + run / 10 + ((step * 7919 + run) % 101) / 200 };
        if (step % 10_000 === 0) values['eval/loss'] = 4 * Math.exp(-step / 2e5) + 1.3 + run / 10;
        return { step, values, tokens: 128 * step, seconds: step / 10 };
      }));
    }
    store.updateRun(id, { state: 'done', startedAt: Date.now(), finishedAt: Date.now() });
  }
  process.stderr.write('\n');
  return { ids, pointsPerSecond: (runs * points * 1000) / (performance.now() - started) };
}
