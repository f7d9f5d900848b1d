/** A job context that keeps what a job tells, and a folder of its own that goes with the test. */
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { onTestFinished } from 'vitest';
import type { JobContext, JobReport, LogLevel, MetricRecord, Progress } from '../../src/main/queue/jobContext.ts';

/** A new empty folder, removed when the test is over. */
export function temporaryFolder(): string {
  const folder = mkdtempSync(join(tmpdir(), 'cria-test-'));
  onTestFinished(() => rmSync(folder, { recursive: true, force: true }));
  return folder;
}

export class RecordingContext implements JobContext {
  readonly stop = new AbortController();
  readonly signal = this.stop.signal;
  readonly folder = temporaryFolder();
  readonly progressed: Progress[] = [];
  readonly logged: { level: LogLevel; message: string }[] = [];
  readonly metrics: MetricRecord[] = [];
  readonly reports: JobReport[] = [];

  progress(progress: Progress): void {
    this.progressed.push(progress);
  }

  log(level: LogLevel, message: string): void {
    this.logged.push({ level, message });
  }

  metric(record: MetricRecord): void {
    this.metrics.push(record);
  }

  report(report: JobReport): void {
    this.reports.push(report);
  }
}
