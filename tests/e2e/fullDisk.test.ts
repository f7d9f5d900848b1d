/** A disk that is really full while a run checkpoints: nothing saved is lost, and once there is room the run ends as if it had been. */
import { spawnSync } from 'node:child_process';
import { mkdirSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { expect, it } from 'vitest';
import { temporaryFolder } from '../support/jobContext.ts';

/** A private mount namespace needs no rights where user namespaces are allowed. */
const inNamespace = (script: string, ...args: string[]) =>
  spawnSync('unshare', ['--user', '--map-root-user', '--mount', 'sh', '-c', script, 'sh', ...args], { encoding: 'utf8' });

const canMount = process.platform === 'linux' && inNamespace('mount -t tmpfs -o size=64k tmpfs /tmp').status === 0;

it.runIf(canMount)('keeps the last checkpoint, says so, and resumes to the same losses', () => {
  const root = temporaryFolder();
  mkdirSync(join(root, 'workspace', 'runs'), { recursive: true });
  const { stdout, stderr } = inNamespace('mount -t tmpfs -o size=2m tmpfs "$1/workspace/runs" && exec "$2" "$3" "$1"', root, process.execPath, resolve(import.meta.dirname, 'fullDisk.ts'));
  expect(stdout, stderr).not.toBe('');
  const { full, kept, resumed, losses, twinLosses } = JSON.parse(stdout) as {
    full: { state: string; error: { code: string; message: string; hint: string } };
    kept: string[];
    resumed: string;
    losses: Record<string, unknown>;
    twinLosses: Record<string, unknown>;
  };
  expect(full.state).toBe('failed');
  expect(full.error.code).toBe('no-space');
  expect(full.error.hint).toMatch(/space/);
  expect(kept.length).toBeGreaterThan(0);
  expect(resumed).toBe('done');
  expect(losses).toEqual(twinLosses);
}, 120_000);
