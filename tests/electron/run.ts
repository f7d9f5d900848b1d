/**
 * `npm run test:electron`: the shell in a real Electron, under a display of its own where there is none. What cannot be had here is said
 * and the tests are skipped; `CRIA_REQUIRE_ELECTRON=1` makes that an error. Arguments go to vitest.
 */
import { spawnSync } from 'node:child_process';
import { join, resolve } from 'node:path';
import { buildForOldElectron } from './build.ts';
import { Missing, oldElectron } from './oldElectron.ts';

const project = resolve(import.meta.dirname, '../..');

/** The command that gives a program a display. @throws Missing */
function displayCommand(): string[] {
  if (process.env.DISPLAY || process.env.WAYLAND_DISPLAY) return [];
  if (spawnSync('xvfb-run', ['--help']).error) throw new Missing('there is no display, and no xvfb-run to make one (Debian, Ubuntu: sudo apt install xvfb)');
  return ['xvfb-run', '-a', '-s', '-screen 0 1600x1000x24'];
}

try {
  const display = displayCommand();
  const electron = await oldElectron();
  await buildForOldElectron();
  const vitest = [process.execPath, join(project, 'node_modules/vitest/vitest.mjs'), 'run', '--config', join(import.meta.dirname, 'vitest.config.ts'), ...process.argv.slice(2)];
  const [program, ...args] = [...display, ...vitest] as [string, ...string[]];
  const { status } = spawnSync(program, args, { cwd: project, stdio: 'inherit', env: { ...process.env, CRIA_TEST_ELECTRON: electron } });
  process.exitCode = status ?? 1;
} catch (error) {
  if (!(error instanceof Missing)) throw error;
  process.stdout.write(`The tests in Electron are skipped: ${error.message}.\n`);
  process.exitCode = process.env.CRIA_REQUIRE_ELECTRON ? 1 : 0;
}
