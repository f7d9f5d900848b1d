#!/usr/bin/env node
/**
 * Cria's door: prepares what is missing, then runs the command line. Written for any Node from 18 on; with an older one than Cria's it
 * fetches the right one and starts itself again with it. `--run FILE.ts` runs a script of the project instead (benches, tests).
 */
import { spawn } from 'node:child_process';
import nodeModule from 'node:module';
import { join, resolve } from 'node:path';
import { fileURLToPath, pathToFileURL } from 'node:url';
import { cacheFolder, projectRoot } from '../scripts/setup/environment.mjs';
import { SetupFailure } from '../scripts/setup/failure.mjs';
import { prepare, prepareNode } from '../scripts/setup/setup.mjs';

// Compiled code is kept between starts, where Node can do that; an old Node only ever starts the right one.
nodeModule.enableCompileCache?.(join(cacheFolder(), 'compiled'));

/** Runs this file again with another Node, in its place: same terminal, same signals, same exit. */
function becomeChild(node) {
  const child = spawn(node, ['--disable-warning=ExperimentalWarning', fileURLToPath(import.meta.url), ...process.argv.slice(2)], { stdio: 'inherit' });
  // A terminal gives Ctrl-C to parent and child alike; the child decides what it means. Other signals are passed on.
  process.on('SIGINT', () => {});
  for (const signal of ['SIGTERM', 'SIGHUP']) process.on(signal, () => child.kill(signal));
  child.on('exit', (code, signal) => {
    process.exitCode = code ?? (signal === 'SIGINT' ? 130 : 1);
  });
}

try {
  const node = await prepareNode();
  if (node !== process.execPath) {
    becomeChild(node);
  } else {
    await prepare();
    const [flag, file, ...rest] = process.argv.slice(2);
    const script = flag === '--run' ? resolve(projectRoot, file) : resolve(projectRoot, 'out/main/cli.js');
    if (flag === '--run') process.argv = [process.argv[0], script, ...rest];
    await import(pathToFileURL(script).href);
  }
} catch (error) {
  if (!(error instanceof SetupFailure)) throw error;
  process.stderr.write(`\nSet-up stopped: ${error.message}\n${error.fix}\n`);
  process.exitCode = 1;
}
