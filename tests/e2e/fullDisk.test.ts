/** A disk that is really full while a run trains: the run pauses and says why; nothing saved is lost; once there is room it goes on by itself, to the same losses. */
import { spawnSync } from 'node:child_process';
import { mkdirSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { describe, expect, it } from 'vitest';
import { temporaryFolder } from '../support/jobContext.ts';

/** A private mount namespace needs no rights where user namespaces are allowed. */
const inNamespace = (script: string, ...args: string[]) =>
  spawnSync('unshare', ['--user', '--map-root-user', '--mount', 'sh', '-c', script, 'sh', ...args], { encoding: 'utf8', timeout: 150_000 });

const canMount = process.platform === 'linux' && inNamespace('mount -t tmpfs -o size=64k tmpfs /tmp').status === 0;

describe.runIf(canMount)('a full disk', () => {
  it.each([
    ['under the runs', 'workspace/runs', '2m'],
    ['under the whole workspace, its database too', 'workspace', '6m'],
  ])('%s pauses the run until there is room', (_where, small, size) => {
    const root = temporaryFolder();
    const folder = join(root, small);
    mkdirSync(folder, { recursive: true });
    const { stdout, stderr } = inNamespace(`mount -t tmpfs -o size=${size} tmpfs "$2" && exec "$3" "$4" "$1" "$2"`, root, folder, process.execPath, resolve(import.meta.dirname, 'fullDisk.ts'));
    expect(stdout, stderr).not.toBe('');
    const { told, kept, asked, refused, losses, twinLosses } = JSON.parse(stdout) as {
      told: { state: string; error: { code: string; hint: string } | null }[];
      kept: string[];
      asked: number;
      refused: string;
      losses: Record<string, unknown>;
      twinLosses: Record<string, unknown>;
    };
    expect(told.find(({ state }) => state === 'paused')!.error).toMatchObject({ code: 'no-space', hint: expect.stringMatching(/space|room/) as string });
    expect(told.at(-1)!.state).toBe('done');
    expect(kept.length).toBeGreaterThan(0);
    expect([asked, refused]).toEqual([2, 'not-found']);
    expect(losses).toEqual(twinLosses);
  }, 160_000);
});
