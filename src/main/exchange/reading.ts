/** What the readers of other tools' files give: what is known about the run, and what it logged, in the order of the file. */
import type { MetricRecord } from '../../shared/progress.ts';

export interface AboutRun {
  /** As the tool shows it. */
  name?: string;
  project?: string;
  tags?: string[];
  notes?: string;
  /** As it was logged; nested. */
  config?: Record<string, unknown>;
  /** Milliseconds since 1970. */
  startedAt?: number;
  finishedAt?: number;
}

export type Reading =
  | { about: AboutRun }
  /** Metrics under the other tool's names (metricNames.ts has ours). */
  | { record: MetricRecord }
  /** How far the reader is in all that it has to read. */
  | { bytes: number };

/** Readers are as lazy as their file allows: one that is larger than memory can be imported. */
export type Readings = Iterable<Reading> | AsyncIterable<Reading>;
