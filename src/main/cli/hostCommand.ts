/** host: the window in a browser, served on a loopback address. */
import { join, dirname } from 'node:path';
import type { Command } from 'commander';
import pc from 'picocolors';
import { CriaError } from '../../shared/errors.ts';
import { sessionKey } from '../host/access.ts';
import { startHost, type HostOptions } from '../host/host.ts';
import { absolute, parseInteger, type Terminal } from './terminal.ts';

export const DEFAULT_PORT = 4170;

export interface HostFlags {
  port: number;
  listen: string;
  /** Folders besides the workspace that pages may read, and put new files into. */
  allow: string[];
}

export function addHostCommand(program: Command, terminal: Terminal): void {
  program
    .command('host')
    .description('serve the window on this machine, for a browser or an SSH tunnel')
    .option('--port <n>', 'port; 0 for any free one', parseInteger('--port'), DEFAULT_PORT)
    .option('--listen <address>', 'address to listen on; anything but loopback lets others on the network try', '127.0.0.1')
    .option('--allow <folder...>', 'folders that the page may read and put new files into, besides the workspace (default: the folder this is started in)')
    .action((flags: Omit<HostFlags, 'allow'> & { allow?: string[] }) => serveUntilStopped(terminal, { ...flags, allow: (flags.allow ?? ['.']).map(absolute) }, 'Cria is served at'));
}

/** Serves the window until Ctrl-C. What runs then is saved and can be resumed. */
export async function serveUntilStopped(terminal: Terminal, { port, listen, allow }: HostFlags, introduction: string): Promise<void> {
  const connection = await terminal.open();
  try {
    const say = (url: string, what: string) => process.stdout.write(`${what} ${pc.bold(url)}\n`);
    const options: Omit<HostOptions, 'port'> = {
      session: sessionKey(join(connection.workspace.root, 'host.key')),
      renderer: join(dirname(terminal.jobEntry), '..', '..', 'out', 'renderer'),
      attach: (channel) => connection.attachWindow(channel, allow),
      address: listen,
      onOpened: (next) => say(next, 'Opened. For another browser:'),
    };
    const host = await startHost({ ...options, port }).catch((error: unknown) => {
      // The port that nobody chose may be anyone's.
      if (error instanceof CriaError && error.code === 'busy' && port === DEFAULT_PORT) return startHost({ ...options, port: 0 });
      throw error;
    });
    say(host.url(), introduction);
    const reach = listen === '127.0.0.1' ? 'Only this machine can reach it' : `Whoever reaches ${listen} can try to`;
    process.stdout.write(`${reach}. From afar: ssh -L ${host.port}:127.0.0.1:${host.port} this-machine. Ctrl-C ends it; what runs is saved first.\n`);
    process.stdout.write(`The page gets at the workspace and at ${allow.join(', ')}; --allow names other folders.\n`);
    await new Promise<void>((resolve) => {
      process.once('SIGINT', resolve);
      process.once('SIGTERM', resolve);
    });
    await host.close();
  } finally {
    await connection.close();
  }
}
