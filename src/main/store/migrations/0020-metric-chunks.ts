import type { Migration } from '../migrate.ts';

/**
 * Long series are sealed into chunks, so that a million points are read in milliseconds. A point stands either here or in `metrics`, never
 * in both; chunks of one series do not overlap.
 */
export const metricChunks: Migration = {
  version: 20,
  name: 'metric-chunks',
  sql: `
    CREATE TABLE metric_chunks (
      run_id TEXT NOT NULL REFERENCES runs (id) ON DELETE CASCADE,
      metric_id INTEGER NOT NULL REFERENCES metric_names (id),
      first_step INTEGER NOT NULL,
      last_step INTEGER NOT NULL,
      -- Little-endian float64, as many as steps; values may be NaN or infinite.
      steps BLOB NOT NULL,
      points BLOB NOT NULL,
      PRIMARY KEY (run_id, metric_id, first_step)
    ) STRICT;
  `,
};
