/** What a run logs of its machine. */
import { chmodSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { describe, expect, it } from 'vitest';
import { LoadMeter, parseCards } from '../../../src/main/tensorflow/load.ts';
import { temporaryFolder } from '../../support/jobContext.ts';

/** A program that prints what nvidia-smi would. */
function fakeProgram(body: string): string {
  const path = join(temporaryFolder(), 'nvidia-smi');
  writeFileSync(path, `#!/bin/sh\n${body}\n`);
  chmodSync(path, 0o755);
  return path;
}

async function afterAsking(meter: LoadMeter): Promise<Record<string, number>> {
  for (let tries = 0; tries < 100; tries++) {
    const metrics = meter.metrics();
    if ('gpu/utilisation' in metrics) return metrics;
    await sleep(20);
  }
  return meter.metrics();
}

describe('cards', () => {
  it('are read in percent and bytes, several as one', () => {
    expect(parseCards('37, 1024\n')).toEqual({ utilisation: 37, memoryBytes: 1024 * 2 ** 20 });
    expect(parseCards('100, 10\n50, 30\n')).toEqual({ utilisation: 75, memoryBytes: 40 * 2 ** 20 });
  });
  it.each(['', 'No devices were found', '[N/A], 12', '12'])('that tell nothing of use are none: %j', (text) => {
    expect(parseCards(text)).toBeNull();
  });
});

describe('the load meter', () => {
  it('tells of the process always and of cards where there are some, asking seldom', async () => {
    const folder = temporaryFolder();
    const meter = new LoadMeter(fakeProgram(`echo asked >> ${folder}/asked; case "$1$2" in *utilization.gpu*memory.used*nounits*) echo "80, 2048";; esac`));
    const metrics = await afterAsking(meter);
    expect(metrics).toMatchObject({ 'gpu/utilisation': 80, 'gpu/memoryBytes': 2 ** 31 });
    expect(metrics['memory/rssBytes']).toBeGreaterThan(1e7);
    for (let i = 0; i < 50; i++) meter.metrics();
    expect(readFileSync(join(folder, 'asked'), 'utf8')).toBe('asked\n');
  });

  it('logs nothing about cards where there are none, or where their driver fails', async () => {
    for (const program of [join(temporaryFolder(), 'missing'), fakeProgram('echo "NVIDIA-SMI has failed"; exit 9')]) {
      const meter = new LoadMeter(program);
      await sleep(100);
      expect(Object.keys(meter.metrics()).sort()).toEqual(['cpu/utilisation', 'memory/rssBytes']);
    }
  });

  it('counts the processor time of this process: none while it sleeps, some while it works', async () => {
    const meter = new LoadMeter(join(temporaryFolder(), 'missing'));
    await sleep(300);
    meter.metrics();
    await sleep(300);
    const asleep = meter.metrics()['cpu/utilisation']!;
    let sum = 0;
    for (let i = 0; i < 3e8; i++) sum += i % 7;
    const awake = meter.metrics()['cpu/utilisation']!;
    expect(sum).toBeGreaterThan(0);
    expect(awake).toBeGreaterThan(asleep);
    expect(awake).toBeLessThanOrEqual(100);
  });
});
