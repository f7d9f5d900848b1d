import { appendFileSync, mkdtempSync, readFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { MetricFile } from '../../../src/main/queue/metricFile.ts';

const freshPath = () => join(mkdtempSync(join(tmpdir(), 'cria-test-')), 'metrics.jsonl');

describe('metric file', () => {
  it('holds one JSON line per record, and says which non-finite value it met', () => {
    const path = freshPath();
    const file = new MetricFile(path);
    file.append({ step: 1, values: { 'train/loss': 3.5 }, tokens: 128 });
    file.append({ step: 2, values: { 'train/loss': NaN, 'train/gradientNorm': Infinity } });
    file.close();
    const lines = readFileSync(path, 'utf8').trimEnd().split('\n').map((line) => JSON.parse(line) as unknown);
    expect(lines).toEqual([
      { step: 1, values: { 'train/loss': 3.5 }, tokens: 128 },
      { step: 2, values: { 'train/loss': 'NaN', 'train/gradientNorm': 'Infinity' } },
    ]);
  });

  it.each([0, 1, 200_000])('cuts off an unfinished line that a crash left, behind %d bytes', (size) => {
    const path = freshPath();
    const whole = size ? `${'x'.repeat(size - 1)}\n` : '';
    appendFileSync(path, `${whole}{"step":9,"val`);
    const file = new MetricFile(path);
    file.append({ step: 9, values: {} });
    file.close();
    expect(readFileSync(path, 'utf8')).toBe(`${whole}{"step":9,"values":{}}\n`);
  });
});
