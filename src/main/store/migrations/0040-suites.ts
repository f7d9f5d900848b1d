import type { Migration } from '../migrate.ts';

/**
 * Scores know their conditions (start token, prefix space) and their checkpoint; subtasks have a metric, and items are log-probabilities or
 * predicted classes. `accuracy` becomes `score`, since not every metric is one. The tables are made anew because SQLite cannot change a
 * UNIQUE constraint; the old ones go child first, so that nothing cascades.
 */
export const suites: Migration = {
  version: 40,
  name: 'suites',
  sql: `
    ALTER TABLE subtask_scores RENAME TO old_subtask_scores;
    ALTER TABLE evaluations RENAME TO old_evaluations;
    DROP INDEX evaluations_by_model;

    CREATE TABLE evaluations (
      id INTEGER PRIMARY KEY,
      run_id TEXT NOT NULL REFERENCES runs (id) ON DELETE CASCADE,
      model TEXT NOT NULL,
      -- Optimiser steps of the checkpoint that was measured; NULL: the finished model.
      step INTEGER,
      suite TEXT NOT NULL,
      version TEXT NOT NULL,
      protocol TEXT NOT NULL,
      -- NULL: none. Empty: not known, from before this was kept.
      start_token TEXT,
      -- NULL: not known, from before this was kept.
      prefix_space INTEGER,
      score REAL NOT NULL,
      low REAL NOT NULL,
      high REAL NOT NULL,
      items INTEGER NOT NULL,
      seconds REAL NOT NULL,
      created_at INTEGER NOT NULL
    ) STRICT;
    CREATE UNIQUE INDEX evaluations_of_run ON evaluations (run_id, model, ifnull(step, -1), suite);
    CREATE INDEX evaluations_by_model ON evaluations (model, suite, created_at);

    CREATE TABLE subtask_scores (
      evaluation_id INTEGER NOT NULL REFERENCES evaluations (id) ON DELETE CASCADE,
      subtask TEXT NOT NULL,
      phenomenon TEXT,
      items INTEGER NOT NULL,
      correct INTEGER NOT NULL,
      metric TEXT NOT NULL,
      score REAL NOT NULL,
      low REAL NOT NULL,
      high REAL NOT NULL,
      -- Little-endian float64: good 0, bad 0, good 1, bad 1, ...; NULL where classes were predicted.
      logprobs BLOB,
      -- Little-endian int32: class 0, label 0, class 1, label 1, ...; NULL where log-probabilities decide.
      classes BLOB,
      PRIMARY KEY (evaluation_id, subtask)
    ) STRICT;

    INSERT INTO evaluations (id, run_id, model, suite, version, protocol, start_token, score, low, high, items, seconds, created_at)
      SELECT id, run_id, model, suite, version, protocol, '', accuracy, low, high, items, seconds, created_at FROM old_evaluations;
    INSERT INTO subtask_scores (evaluation_id, subtask, phenomenon, items, correct, metric, score, low, high, logprobs)
      SELECT evaluation_id, subtask, phenomenon, items, correct, 'accuracy', accuracy, low, high, logprobs FROM old_subtask_scores;
    DROP TABLE old_subtask_scores;
    DROP TABLE old_evaluations;
  `,
};
