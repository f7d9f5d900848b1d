/** Migrations killed at random moments: the database is the old one or the new one, whole, with all its rows. */
import Database from 'better-sqlite3';
import { spawn } from 'node:child_process';
import { copyFileSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { Random } from '../../src/main/random.ts';
import { Store } from '../../src/main/store/store.ts';

const ROWS = 20_000;
/** Opens the store and says when it is done. */
const OPEN = `import(process.argv[1]).then(({ Store }) => { process.stdout.write('.'); Store.open(process.argv[2]).close(); })`;

export async function killMigrations({ kills, seed }: { kills: number; seed: number }): Promise<{ kills: number; problems: string[] }> {
  const folder = mkdtempSync(join(tmpdir(), 'cria-migrations-'));
  const random = new Random(seed, 'migrations');
  const problems: string[] = [];
  try {
    const old = join(folder, 'old.db');
    copyFileSync(resolve(import.meta.dirname, '../fixtures/databases/v10.db'), old);
    // Enough rows for the backup and the migration to take a while.
    const db = new Database(old);
    const { id } = db.prepare('SELECT id FROM runs LIMIT 1').get() as { id: string };
    db.exec(`WITH RECURSIVE n (i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < ${ROWS}) INSERT INTO logs (run_id, time, level, message) SELECT '${id}', i, 'info', 'line ' || i || hex(zeroblob(200)) FROM n`);
    const count = (at: Database.Database) => (at.prepare('SELECT (SELECT count(*) FROM logs) AS logs, (SELECT count(*) FROM runs) AS runs').get() as { logs: number; runs: number });
    const before = JSON.stringify(count(db));
    db.close();

    for (let kill = 0; kill < kills; kill++) {
      const path = join(folder, `${kill}.db`);
      copyFileSync(old, path);
      const child = spawn(process.execPath, ['--disable-warning=ExperimentalWarning', '-e', OPEN, resolve(import.meta.dirname, '../../src/main/store/store.ts'), path], { stdio: ['ignore', 'pipe', 'inherit'] });
      const gone = new Promise((resolve_) => child.once('close', resolve_));
      // From the moment its code is loaded: the migration itself is what is to be met.
      await new Promise((resolve_) => child.stdout.once('data', resolve_));
      await sleep(random.uniform() * 250);
      child.kill('SIGKILL');
      await gone;
      const left = new Database(path);
      const state = `${String(left.pragma('integrity_check', { simple: true }))} ${JSON.stringify(count(left))}`;
      const version = left.pragma('user_version', { simple: true });
      left.close();
      if (state !== `ok ${before}`) problems.push(`damaged: after kill ${kill} of a migration (seed ${seed}), version ${String(version)}: ${state}`);
      // The next start brings it up to date, whatever was left.
      const store = Store.open(path);
      if (store.listLog(id, { limit: 10_000 }).length !== 10_000) problems.push(`lost: log lines after kill ${kill} of a migration (seed ${seed})`);
      store.close();
      for (const suffix of ['', '-wal', '-shm', '.before-0020', '.before-0020-journal']) rmSync(`${path}${suffix}`, { force: true });
    }
    return { kills, problems };
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}
