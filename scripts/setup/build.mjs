/** Step: the build of the sources, when they have changed since the last. */
import { createHash } from 'node:crypto';
import { existsSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { lastWords, runCommand } from './command.mjs';
import { projectRoot } from './environment.mjs';
import { SetupFailure } from './failure.mjs';
import { nodePath } from './node.mjs';

/** Written after the build, inside its folder. */
const stamp = join(projectRoot, 'out', '.cria-sources');

function sourcesHash() {
  const hash = createHash('sha256');
  const files = readdirSync(join(projectRoot, 'src'), { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile())
    .map((entry) => join(entry.parentPath ?? entry.path, entry.name));
  for (const file of [...files.sort(), ...['package.json', 'electron.vite.config.ts', 'tsconfig.json'].map((name) => join(projectRoot, name))]) {
    hash.update(file).update('\0').update(readFileSync(file)).update('\0');
  }
  return hash.digest('hex');
}

export const buildStep = {
  name: 'Build',
  isDone: () => existsSync(stamp) && readFileSync(stamp, 'utf8') === sourcesHash(),
  async run() {
    const before = sourcesHash();
    const builder = join(projectRoot, 'node_modules', 'electron-vite', 'bin', 'electron-vite.js');
    const { code, output } = await runCommand(nodePath(), [builder, 'build', '--logLevel', 'warn'], { cwd: projectRoot });
    if (code !== 0) throw new SetupFailure(`The sources could not be built: ${lastWords(output)}`, 'Run `npm run build` to see all it says.');
    writeFileSync(stamp, before);
  },
};
