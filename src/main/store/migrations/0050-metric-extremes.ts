import type { Migration } from '../migrate.ts';

/**
 * Of every chunk of a long series the extremes of each few dozen points, so that a million of them are overlooked without being read.
 * Chunks that an older version sealed get theirs when they are first looked at.
 */
export const metricExtremes: Migration = {
  version: 50,
  name: 'metric-extremes',
  sql: `
    CREATE TABLE metric_extremes (
      run_id TEXT NOT NULL REFERENCES runs (id) ON DELETE CASCADE,
      metric_id INTEGER NOT NULL REFERENCES metric_names (id),
      first_step INTEGER NOT NULL,
      last_step INTEGER NOT NULL,
      -- Points of the chunk.
      count INTEGER NOT NULL,
      -- Little-endian float64: the chunk's ends, the smallest and the largest value of every stretch, and all that is not finite.
      steps BLOB NOT NULL,
      points BLOB NOT NULL,
      PRIMARY KEY (run_id, metric_id, first_step)
    ) STRICT, WITHOUT ROWID;
  `,
};
