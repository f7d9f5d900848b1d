/** Step: the packages of the lockfile. */
import { createHash } from 'node:crypto';
import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { lastWords, runCommand } from './command.mjs';
import { projectRoot } from './environment.mjs';
import { diskFull, SetupFailure } from './failure.mjs';

/** Written last, inside node_modules, so that it goes with it. */
const stamp = join(projectRoot, 'node_modules', '.cria-lockfile');

const lockfileHash = () => createHash('sha256').update(readFileSync(join(projectRoot, 'package-lock.json'))).digest('hex');

export const packagesStep = {
  name: 'Packages',
  isDone: () => existsSync(stamp) && readFileSync(stamp, 'utf8') === lockfileHash(),
  /** @param {import('./command.mjs').Context} context */
  async run({ signal }) {
    const { code, output } = await runCommand('npm', ['ci', '--no-audit', '--no-fund', '--loglevel', 'error'], { cwd: projectRoot, signal }).catch(() => {
      throw new SetupFailure('npm was not found.', 'Install npm (it comes with Node) and run it again.');
    });
    if (code !== 0) {
      if (/ENOSPC|No space left/.test(output)) throw diskFull('Packages');
      const network = /ENOTFOUND|EAI_AGAIN|ECONNREFUSED|ECONNRESET|ETIMEDOUT|network/.test(output);
      throw new SetupFailure(`The packages could not be installed: ${lastWords(output)}`,
        network ? 'Check the network and npm\'s registry settings, and run it again.' : 'Run `npm ci` to see all it says.');
    }
    writeFileSync(stamp, lockfileHash());
  },
};
