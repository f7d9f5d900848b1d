/**
 * The engine in a process of its own, as the window's shell forks it: plain Node, so that native modules are the ones that set-up has
 * checked. Says on its standard output, in one line of JSON, where it listens; ends when its standard input is closed, after saving what
 * runs. Arguments: the workspace.
 */
import { fileURLToPath } from 'node:url';
import { toWireError } from '../shared/errors.ts';
import { startEngine } from './engine.ts';
import { Workspace } from './workspace.ts';

try {
  const workspace = new Workspace(process.argv[2]!);
  // src/main/engineProcess.ts or its built form; job lies beside it.
  const engine = await startEngine({ workspace, jobEntry: fileURLToPath(import.meta.url).replace(/engineProcess\.(ts|js)$/, 'job.$1') });
  process.stdout.write(`${JSON.stringify({ address: engine.address })}\n`);
  let closing: Promise<void> | null = null;
  const end = () => {
    closing ??= engine.close().then(() => process.exit(0));
  };
  // The shell's end, however it came, closes this; what runs is saved first.
  process.stdin.on('end', end).on('error', end).resume();
  process.on('SIGTERM', end);
  process.on('SIGINT', () => {}); // A terminal's Ctrl-C goes to all; the shell decides.
} catch (error) {
  process.stdout.write(`${JSON.stringify({ error: toWireError(error) })}\n`);
  process.exitCode = 1;
}
