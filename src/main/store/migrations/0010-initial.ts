import type { Migration } from '../migrate.ts';

/** Runs, their metrics and logs; models; evaluations with every pair's log-probabilities. Times are milliseconds since 1970. */
export const initial: Migration = {
  version: 10,
  name: 'initial',
  sql: `
    CREATE TABLE runs (
      id TEXT PRIMARY KEY,
      kind TEXT NOT NULL,
      name TEXT NOT NULL,
      state TEXT NOT NULL,
      project TEXT NOT NULL DEFAULT '',
      tags TEXT NOT NULL DEFAULT '[]',
      notes TEXT NOT NULL DEFAULT '',
      starred INTEGER NOT NULL DEFAULT 0,
      archived INTEGER NOT NULL DEFAULT 0,
      created_at INTEGER NOT NULL,
      started_at INTEGER,
      finished_at INTEGER,
      model_name TEXT,
      seed INTEGER,
      params TEXT NOT NULL,
      result TEXT,
      error TEXT,
      progress TEXT,
      pid INTEGER,
      device TEXT,
      versions TEXT NOT NULL DEFAULT '{}',
      corpus_sha256 TEXT,
      tokenizer_sha256 TEXT,
      metric_bytes INTEGER NOT NULL DEFAULT 0,
      step INTEGER,
      train_loss REAL,
      eval_loss REAL,
      best_eval_loss REAL
    ) STRICT;
    CREATE INDEX runs_by_time ON runs (archived, created_at);
    CREATE INDEX runs_by_kind_and_time ON runs (kind, archived, created_at);
    CREATE INDEX runs_by_state ON runs (state);
    CREATE INDEX runs_by_name ON runs (name, created_at);

    CREATE TABLE metric_names (
      id INTEGER PRIMARY KEY,
      name TEXT NOT NULL UNIQUE
    ) STRICT;

    -- SQLite turns NaN into NULL, so what is not finite is told apart by a mark: 1 NaN, 2 infinity, 3 minus infinity.
    CREATE TABLE metrics (
      run_id TEXT NOT NULL REFERENCES runs (id) ON DELETE CASCADE,
      metric_id INTEGER NOT NULL REFERENCES metric_names (id),
      step INTEGER NOT NULL,
      value REAL,
      non_finite INTEGER NOT NULL DEFAULT 0,
      PRIMARY KEY (run_id, metric_id, step)
    ) STRICT, WITHOUT ROWID;

    -- Where a run was at a step, for other x axes than steps.
    CREATE TABLE positions (
      run_id TEXT NOT NULL REFERENCES runs (id) ON DELETE CASCADE,
      step INTEGER NOT NULL,
      tokens INTEGER,
      epoch REAL,
      seconds REAL,
      PRIMARY KEY (run_id, step)
    ) STRICT, WITHOUT ROWID;

    CREATE TABLE latest_metrics (
      run_id TEXT NOT NULL REFERENCES runs (id) ON DELETE CASCADE,
      metric_id INTEGER NOT NULL REFERENCES metric_names (id),
      step INTEGER NOT NULL,
      last REAL,
      non_finite INTEGER NOT NULL DEFAULT 0,
      min REAL,
      min_step INTEGER,
      max REAL,
      max_step INTEGER,
      PRIMARY KEY (run_id, metric_id)
    ) STRICT, WITHOUT ROWID;

    CREATE TABLE logs (
      id INTEGER PRIMARY KEY,
      run_id TEXT NOT NULL REFERENCES runs (id) ON DELETE CASCADE,
      time INTEGER NOT NULL,
      level TEXT NOT NULL,
      message TEXT NOT NULL
    ) STRICT;
    CREATE INDEX logs_by_run ON logs (run_id, id);

    CREATE TABLE models (
      name TEXT PRIMARY KEY,
      folder TEXT NOT NULL,
      type TEXT NOT NULL,
      parameters INTEGER NOT NULL,
      run_id TEXT REFERENCES runs (id) ON DELETE SET NULL,
      tokenizer_sha256 TEXT,
      eval_loss REAL,
      created_at INTEGER NOT NULL
    ) STRICT;

    CREATE TABLE evaluations (
      id INTEGER PRIMARY KEY,
      run_id TEXT NOT NULL REFERENCES runs (id) ON DELETE CASCADE,
      model TEXT NOT NULL,
      suite TEXT NOT NULL,
      version TEXT NOT NULL,
      protocol TEXT NOT NULL,
      accuracy REAL NOT NULL,
      low REAL NOT NULL,
      high REAL NOT NULL,
      items INTEGER NOT NULL,
      seconds REAL NOT NULL,
      created_at INTEGER NOT NULL,
      UNIQUE (run_id, model, suite)
    ) STRICT;
    CREATE INDEX evaluations_by_model ON evaluations (model, suite, created_at);

    CREATE TABLE subtask_scores (
      evaluation_id INTEGER NOT NULL REFERENCES evaluations (id) ON DELETE CASCADE,
      subtask TEXT NOT NULL,
      phenomenon TEXT,
      items INTEGER NOT NULL,
      correct INTEGER NOT NULL,
      accuracy REAL NOT NULL,
      low REAL NOT NULL,
      high REAL NOT NULL,
      -- Little-endian float64: good 0, bad 0, good 1, bad 1, ...
      logprobs BLOB NOT NULL,
      PRIMARY KEY (evaluation_id, subtask)
    ) STRICT;
  `,
};
