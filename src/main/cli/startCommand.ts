/** start: the window, in Electron where that can be had, else in the browser. */
import { spawn } from 'node:child_process';
import { existsSync, readFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import type { Command } from 'commander';
import { DEFAULT_PORT, serveUntilStopped } from './hostCommand.ts';
import type { Terminal } from './terminal.ts';

export function addStartCommand(program: Command, terminal: Terminal): void {
  program
    .command('start')
    .description('open Cria')
    .action(async () => {
      // src/main/cli.ts and out/main/cli.js both lie two folders below the project's.
      const project = join(dirname(terminal.jobEntry), '..', '..');
      const electron = electronPath(project);
      if (hasDisplay() && electron) {
        process.exitCode = await openWindow(electron, project, terminal.workspaceFolder);
        return;
      }
      const reason = hasDisplay() ? 'Electron is not there' : 'There is no display';
      await serveUntilStopped(terminal, { port: DEFAULT_PORT, listen: '127.0.0.1', allow: [process.cwd()] }, `${reason}, so the window is served to your browser:`);
    });
}

/** Kept equal to scripts/setup/electron.mjs, which runs before anything is built. */
function hasDisplay(): boolean {
  return process.platform !== 'linux' || Boolean(process.env.DISPLAY || process.env.WAYLAND_DISPLAY);
}

function electronPath(project: string): string | null {
  const folder = join(project, 'node_modules', 'electron');
  const named = join(folder, 'path.txt');
  if (!existsSync(named)) return null;
  const path = join(folder, 'dist', readFileSync(named, 'utf8').trim());
  return existsSync(path) ? path : null;
}

/** Opens the window and waits until it is closed; the engine runs on the Node that set-up has checked. */
function openWindow(electron: string, project: string, workspace: string): Promise<number> {
  const child = spawn(electron, [project], { stdio: 'inherit', env: { ...process.env, CRIA_NODE: process.execPath, CRIA_WORKSPACE: workspace } });
  process.on('SIGINT', () => {}); // The window gets it too, and asks.
  for (const signal of ['SIGTERM', 'SIGHUP'] as const) process.on(signal, () => child.kill(signal));
  return new Promise((resolve, reject) => {
    child.once('error', reject);
    child.once('close', (code) => resolve(code ?? 1));
  });
}
