/**
 * Step: Electron's binary, fetched by its own package. Only where there is a display; and where it cannot be had, the window is served to
 * the browser instead, so a failure ends nothing. It is tried again the next day.
 */
import { existsSync, readFileSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { lastWords, runCommand } from './command.mjs';
import { cacheFolder, projectRoot } from './environment.mjs';
import { nodePath } from './node.mjs';

const TRY_AGAIN_MS = 24 * 3600 * 1000;
const packageFolder = join(projectRoot, 'node_modules', 'electron');

/** Whether a window could be shown here. */
export function hasDisplay() {
  return process.platform !== 'linux' || Boolean(process.env.DISPLAY || process.env.WAYLAND_DISPLAY);
}

/** Electron's program; null while it is not there. */
export function electronPath() {
  const named = join(packageFolder, 'path.txt');
  if (!existsSync(named)) return null;
  const path = join(packageFolder, 'dist', readFileSync(named, 'utf8').trim());
  return existsSync(path) ? path : null;
}

/** Written when the binary could not be had: its content says why. */
export function failureNote() {
  const { version } = JSON.parse(readFileSync(join(packageFolder, 'package.json'), 'utf8'));
  return join(cacheFolder(), `electron-${version}.failed`);
}

function failedLately() {
  const note = failureNote();
  return existsSync(note) && Date.now() - statSync(note).mtimeMs < TRY_AGAIN_MS;
}

export const electronStep = {
  name: 'Electron',
  isDone: () => !hasDisplay() || electronPath() !== null || failedLately(),
  /** @param {import('./command.mjs').Context} context */
  async run({ say }) {
    const { code, output } = await runCommand(nodePath(), [join(packageFolder, 'install.js')], { cwd: packageFolder, show: true });
    if (code === 0 && electronPath()) return;
    const reason = lastWords(output);
    writeFileSync(failureNote(), `${reason}\n`);
    say(`Electron could not be fetched (${reason}); the window will be served to your browser. It is tried again tomorrow.`);
  },
};
