/** A run's own metric file, read for export. */
import { createReadStream } from 'node:fs';
import { createInterface } from 'node:readline';
import { parseRecord } from '../store/metrics.ts';
import type { MetricRecord } from '../queue/jobContext.ts';

/**
 * The run's records in the order in which they were logged, each once: a run that was killed and resumed has logged some steps twice, and what it
 * logged last counts. Two passes over the file; in memory is one number per step.
 */
export async function* metricLines(path: string): AsyncGenerator<MetricRecord> {
  /** Step and names of what was measured -> the line that counts. */
  const last = new Map<string, number>();
  const keyOf = ({ step, values }: MetricRecord) => `${step} ${Object.keys(values).join(' ')}`;
  for await (const { line, record } of lines(path)) last.set(keyOf(record), line);
  for await (const { line, record } of lines(path)) if (last.get(keyOf(record)) === line) yield record;
}

async function* lines(path: string): AsyncGenerator<{ line: number; record: MetricRecord }> {
  let line = 0;
  for await (const text of createInterface({ input: createReadStream(path), crlfDelay: Infinity })) {
    line++;
    const [record] = parseRecord(text);
    if (record) yield { line, record };
  }
}
