/** Finds the workspace's engine: attaches to the one that runs, or starts one in this process. */
import { CriaError } from '../../shared/errors.ts';
import { channelPair, createClient, type Channel, type EngineClient } from '../../shared/protocol.ts';
import { startEngine, type Engine } from '../engine.ts';
import { readWorkspaceLock } from '../store/lock.ts';
import { relayWindow } from '../transport/relay.ts';
import { connect } from '../transport/socket.ts';
import { Workspace } from '../workspace.ts';

export interface Connection {
  client: EngineClient;
  workspace: Workspace;
  /** The engine, when it lives in this process; null when attached to another terminal's. */
  engine: Engine | null;
  /** Connects a window, which gets at the workspace and at these folders. */
  attachWindow(channel: Channel, folders: readonly string[]): void;
  close(): Promise<void>;
}

/** job.ts beside cli.ts, or job.js beside the built cli.js. */
export function jobEntryBeside(cliEntry: string): string {
  return cliEntry.replace(/cli\.(ts|js)$/, 'job.$1');
}

/** @throws CriaError `busy` when an engine has the workspace but does not answer */
export async function openConnection(folder: string, jobEntry: string): Promise<Connection> {
  const workspace = new Workspace(folder);
  const lock = readWorkspaceLock(workspace.root);
  if (lock?.socket) {
    const client = await attach(lock.socket, lock.pid);
    const { socket } = lock;
    return { client, workspace, engine: null, attachWindow: (channel, folders) => void relayWindow(channel, connect(socket), folders), close: async () => client.close() };
  }
  const engine = await startEngine({ workspace, jobEntry });
  const attachWindow = (page: Channel, folders: readonly string[]): void => {
    const [ours, theirs] = channelPair();
    engine.attach(theirs);
    relayWindow(page, Promise.resolve(ours), folders);
  };
  return { client: engine.client(), workspace, engine, attachWindow, close: () => engine.close() };
}

async function attach(address: string, pid: number): Promise<EngineClient> {
  try {
    return createClient(await connect(address));
  } catch (error) {
    throw new CriaError('busy', `Another Cria (process ${pid}) has this workspace, and it does not answer: ${(error as Error).message}`,
      'Wait until it has ended, or use another folder with --workspace.', { cause: error });
  }
}
