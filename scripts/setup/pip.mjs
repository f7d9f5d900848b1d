/** Wheels: fetched by any Python 3 that has pip, so that its index settings hold; only files that set-up needs are unpacked. */
import { createHash } from 'node:crypto';
import { createReadStream, mkdirSync, readdirSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { pipeline } from 'node:stream/promises';
import { fileURLToPath } from 'node:url';
import { lastWords, runCommand } from './command.mjs';
import { diskFull, SetupFailure } from './failure.mjs';

/** @typedef {import('./command.mjs').Context} Context */

const wheelScript = fileURLToPath(new URL('./wheel.py', import.meta.url));
const INSTALL_PIP = 'Install it (Debian, Ubuntu: sudo apt install python3-pip) and run it again.';

/**
 * pip's version as major and minor. @throws SetupFailure when there is none
 * @param {Context} context
 * @returns {Promise<[number, number]>}
 */
export async function requirePip({ signal }) {
  const { code, output } = await runCommand('python3', ['-m', 'pip', '--version'], { signal }).catch(() => {
    throw new SetupFailure('Python 3 was not found.', 'Install it (Debian, Ubuntu: sudo apt install python3 python3-pip) and run it again.');
  });
  if (code !== 0) throw new SetupFailure('Python 3 has no pip.', INSTALL_PIP);
  const [, major, minor] = /^pip (\d+)\.(\d+)/m.exec(output) ?? [];
  return [Number(major ?? 0), Number(minor ?? 0)];
}

/**
 * Downloads one wheel into a folder that is emptied first.
 * @param {{ spec: string, sha256: string | null }} wheel
 * @param {string} folder
 * @param {{ flags: string[], instead: string }} options flags: which build pip is to choose; instead: what a user without network can do
 * @param {Context} context
 * @returns {Promise<{ path: string, sha256: string }>}
 */
export async function downloadWheel({ spec, sha256 }, folder, { flags, instead }, context) {
  const [major, minor] = await requirePip(context);
  context.say(`downloading ${spec}`);
  rmSync(folder, { recursive: true, force: true });
  mkdirSync(folder, { recursive: true });
  // Since 24.1, pip tells its progress in numbers.
  const tells = context.progress && (major > 24 || (major === 24 && minor >= 1));
  const { code, output } = await runCommand('python3', ['-m', 'pip', 'download', '--disable-pip-version-check', '--no-deps', '--only-binary=:all:', ...(tells ? ['--progress-bar', 'raw'] : []), ...flags, '-d', folder, spec], {
    show: !context.progress,
    signal: context.signal,
    onLine(line) {
      const [, done, total] = /^Progress (\d+) of (\d+)/.exec(line) ?? [];
      if (total) context.progress?.(Number(done), Number(total));
    },
  });
  if (code !== 0) throw downloadFailure(spec, output, instead);
  const file = readdirSync(folder).find((name) => name.endsWith('.whl'));
  if (!file) throw new Error(`pip left no wheel of ${spec}`);
  const path = join(folder, file);
  const found = await sha256File(path);
  if (sha256 && found !== sha256) {
    rmSync(folder, { recursive: true, force: true });
    throw new SetupFailure(`The download of ${spec} does not have the checksum it should have (${found}).`, 'Run it again; if it happens again, your package index serves a changed file.');
  }
  return { path, sha256: found };
}

/** @param {string} spec @param {string} output @param {string} instead */
function downloadFailure(spec, output, instead) {
  if (/No space left on device|ENOSPC|Disk quota/.test(output)) return diskFull(`Downloading ${spec}`);
  if (/No module named pip/.test(output)) return new SetupFailure('Python 3 has no pip.', INSTALL_PIP);
  return new SetupFailure(`${spec} could not be downloaded: ${lastWords(output)}`, `Check the network and pip's index settings and run it again, or ${instead}`);
}

/**
 * Unpacks what set-up needs of a wheel (wheel.py says what each part is).
 * @param {'tensorflow' | 'nvidia' | 'node'} part
 * @param {string} path of the wheel
 * @param {string} folder
 * @param {Context} context
 */
export async function unpackWheel(part, path, folder, { signal }) {
  const { code, output } = await runCommand('python3', [wheelScript, part, path, folder], { signal });
  if (code === 0) return;
  if (/No space left/.test(output)) throw diskFull(`Unpacking ${path}`);
  throw new Error(lastWords(output));
}

/**
 * The NVIDIA wheels that a GPU TensorFlow names.
 * @param {string} path of TensorFlow's wheel
 * @returns {Promise<string[]>}
 */
export async function nvidiaRequirements(path) {
  const { output } = await runCommand('python3', [wheelScript, 'requirements', path]);
  return output.split('\n').filter(Boolean);
}

/** @param {string} path */
async function sha256File(path) {
  const hash = createHash('sha256');
  await pipeline(createReadStream(path), hash);
  return hash.digest('hex');
}
