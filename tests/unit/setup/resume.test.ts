/** Set-up that is killed, and set-ups that meet. */
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { chmodSync, existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { delimiter, join, resolve } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { pathToFileURL } from 'node:url';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { withLock } from '../../../scripts/setup/lock.mjs';

let folder: string;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'cria-setup-'));
});
afterEach(() => rmSync(folder, { recursive: true, force: true }));

const setupModule = (name: string) => JSON.stringify(pathToFileURL(resolve(import.meta.dirname, '../../../scripts/setup', name)).href);

/** Runs the TensorFlow step in a process of its own, with a stand-in for Python that fetches and unpacks a wheel of one byte. */
function startStep() {
  const script = `
    import { tensorflowStep } from ${setupModule('tensorflow.mjs')};
    if (!tensorflowStep.isDone()) await tensorflowStep.run({ say: () => {} });
    if (!tensorflowStep.isDone()) throw new Error('not done');`;
  const { CRIA_TENSORFLOW: _, ...env } = process.env;
  return spawn(process.execPath, ['--input-type=module', '-e', script], {
    // The GPU's wheels are not pinned by checksum, so that a stand-in can be one.
    env: { ...env, CRIA_CACHE: join(folder, 'cache'), CRIA_TENSORFLOW_VARIANT: 'gpu', PATH: `${join(folder, 'bin')}${delimiter}${process.env.PATH}`, STATE: folder },
    stdio: 'ignore',
  });
}

async function until(condition: () => boolean): Promise<void> {
  while (!condition()) await sleep(20);
}

const isThere = (name: string) => existsSync(join(folder, name));

describe.runIf(process.platform === 'linux' && process.arch === 'x64')('a set-up that is killed', () => {
  beforeEach(() => {
    mkdirSync(join(folder, 'bin'));
    mkdirSync(join(folder, 'cache'));
    const python = join(folder, 'bin', 'python3');
    // Hangs where a file "hang-download" or "hang-unpack" says so, and counts what it does.
    writeFileSync(python, `#!/bin/sh
      case "$*" in
        *--version*) exit 0;;
        *" requirements "*|*"requirements "*) exit 0;;
        *download*)
          echo x >> "$STATE/downloads"
          while [ "$1" != -d ]; do shift; done
          echo half > "$2/tensorflow.whl"
          while [ -e "$STATE/hang-download" ]; do touch "$STATE/hanging"; sleep 0.05; done
          echo whole > "$2/tensorflow.whl";;
        *)
          echo x >> "$STATE/unpackings"
          while [ -e "$STATE/hang-unpack" ]; do touch "$STATE/hanging"; sleep 0.05; done
          mkdir -p "$4/tensorflow"; cat "$3" > "$4/tensorflow/library";;
      esac\n`);
    chmodSync(python, 0o755);
  });

  const countOf = (name: string) => readFileSync(join(folder, name), 'utf8').trim().split('\n').length;
  const library = () => readFileSync(join(folder, 'cache', 'tensorflow-2.21.0-gpu', 'tensorflow', 'library'), 'utf8');

  it.each(['download', 'unpack'])('in the middle of %s goes on and ends whole', async (where) => {
    writeFileSync(join(folder, `hang-${where}`), '');
    const killed = startStep();
    await until(() => isThere('hanging'));
    killed.kill('SIGKILL');
    await once(killed, 'close');
    rmSync(join(folder, `hang-${where}`));
    const again = startStep();
    const [code] = (await once(again, 'close')) as [number];
    expect(code).toBe(0);
    expect(library()).toBe('whole\n');
    // What was fetched whole is not fetched twice.
    expect(countOf('downloads')).toBe(where === 'download' ? 2 : 1);
  });
});

describe('two set-ups in one cache', () => {
  it('take turns', async () => {
    const order: string[] = [];
    const gate = Promise.withResolvers<void>();
    const first = withLock(folder, () => {}, async () => {
      order.push('first in');
      await gate.promise;
      order.push('first out');
    });
    await until(() => order.length === 1);
    const told: string[] = [];
    const second = withLock(folder, (text) => told.push(text), () => Promise.resolve(void order.push('second')));
    await until(() => told.length === 1);
    gate.resolve();
    await Promise.all([first, second]);
    expect(order).toEqual(['first in', 'first out', 'second']);
    expect(told[0]).toMatch(/Another set-up \(process \d+\) is at work/);
  });

  it('take over from one that died', async () => {
    const dead = spawn(process.execPath, ['-e', '']);
    await once(dead, 'close');
    writeFileSync(join(folder, 'setup.lock'), String(dead.pid));
    expect(await withLock(folder, () => {}, () => Promise.resolve('mine'))).toBe('mine');
    expect(existsSync(join(folder, 'setup.lock'))).toBe(false);
  });
});
