/** Opening the database: checks, backup, migrations. A failed migration leaves the file as it was and stops the start. */
import Database from 'better-sqlite3';
import { closeSync, existsSync, openSync, rmSync } from 'node:fs';
import { dirname } from 'node:path';
import { CriaError } from '../../shared/errors.ts';
import { syncFolder } from '../disk/atomic.ts';
import { initial } from './migrations/0010-initial.ts';
import { metricChunks } from './migrations/0020-metric-chunks.ts';
import { suites } from './migrations/0040-suites.ts';
import { metricExtremes } from './migrations/0050-metric-extremes.ts';

/** Numbered in tens, one per file, never edited once released. */
export interface Migration {
  version: number;
  name: string;
  sql: string;
}

export const MIGRATIONS: readonly Migration[] = [initial, metricChunks, suites, metricExtremes];

/**
 * Opens the database at that path, making it or bringing it up to date.
 * @throws CriaError `too-new` for a file of a later version; `bad-input` for one that is damaged or no database
 */
export function openDatabase(path: string, migrations: readonly Migration[] = MIGRATIONS): Database.Database {
  const existed = existsSync(path);
  let db: Database.Database | null = null;
  try {
    // SQLite would let the system's mask decide who may read it, and gives its journal the same mode.
    if (!existed) {
      closeSync(openSync(path, 'a', 0o600));
      syncFolder(dirname(path));
    }
    db = new Database(path);
    // What a client was told of outlives a power cut; see Store for what need not.
    db.pragma('journal_mode = WAL');
    db.pragma('synchronous = FULL');
    // A database may come from elsewhere: its triggers and views may call nothing with effects, and its pages are looked at before use.
    db.pragma('trusted_schema = OFF');
    db.pragma('cell_size_check = ON');
    db.pragma('foreign_keys = ON');
    db.pragma('busy_timeout = 5000');
    migrate(db, path, migrations, existed);
    return db;
  } catch (error) {
    db?.close();
    if (error instanceof CriaError) throw error;
    const { code } = error as { code?: string };
    if (code === 'SQLITE_NOTADB' || code === 'SQLITE_CORRUPT') {
      throw new CriaError('bad-input', `${path} is damaged or not a database of Cria (${(error as Error).message}).`,
        'Move it away and put a backup (cria.db.before-*) in its place; without one, Cria makes a new database and models and runs stay on disk.', { cause: error });
    }
    throw new CriaError('not-writable', `The database ${path} cannot be opened: ${(error as Error).message}`, 'Check the folder\'s permissions and free space.', { cause: error });
  }
}

function migrate(db: Database.Database, path: string, migrations: readonly Migration[], existed: boolean): void {
  const current = db.pragma('user_version', { simple: true }) as number;
  const newest = migrations.at(-1)!.version;
  if (current > newest) {
    throw new CriaError('too-new', `${path} was written by a newer Cria (version ${current} of the database; this Cria knows ${newest}).`, 'Update Cria, or use another workspace.');
  }
  const missing = migrations.filter((migration) => migration.version > current);
  if (!missing.length) return;
  if (existed && current > 0) backUp(db, `${path}.before-${String(missing[0]!.version).padStart(4, '0')}`);
  const run = db.transaction(() => {
    for (const { version, name, sql } of missing) {
      try {
        db.exec(sql);
      } catch (error) {
        throw new CriaError('internal', `The database ${path} could not be brought to version ${version} (${name}): ${(error as Error).message}`,
          'Nothing in it was changed. Please report this, with the message.', { cause: error });
      }
    }
    db.pragma(`user_version = ${newest}`);
  });
  run.exclusive();
}

function backUp(db: Database.Database, path: string): void {
  rmSync(path, { force: true });
  // SQLite writes into an empty file, which keeps its mode.
  closeSync(openSync(path, 'wx', 0o600));
  db.prepare('VACUUM INTO ?').run(path);
}
