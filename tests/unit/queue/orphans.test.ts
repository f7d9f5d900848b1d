import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync } from 'node:fs';
import { expect, it } from 'vitest';
import { endOrphan } from '../../../src/main/queue/orphans.ts';

it.skipIf(!existsSync('/proc/self/cmdline'))('a copied workspace leaves the job of its original alone, and waits for its own', async () => {
  const job = spawn(process.execPath, ['-e', 'process.stdout.write("up"); setTimeout(() => {}, 400)', '/original/runs/1'], { stdio: ['ignore', 'pipe', 'ignore'] });
  const ended = once(job, 'exit').then(() => 'ended');
  await once(job.stdout, 'data');
  await endOrphan(job.pid!, '/copy/runs/1');
  expect(job.exitCode).toBeNull();
  const first = await Promise.race([ended, endOrphan(job.pid!, '/original/runs/1').then(() => 'waited')]);
  expect(['ended', 'waited']).toContain(first);
  expect(await ended).toBe('ended');
  expect(job.signalCode).toBeNull();
});
