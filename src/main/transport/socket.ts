/** The engine's socket: other terminals on this machine attach to a running engine through it. JSON, one message per line. */
import { createHash, randomBytes } from 'node:crypto';
import { chmodSync, mkdtempSync, rmdirSync, rmSync } from 'node:fs';
import { createConnection, createServer, type Server, type Socket } from 'node:net';
import { tmpdir } from 'node:os';
import { basename, dirname, join } from 'node:path';
import type { Channel } from '../../shared/protocol.ts';
import { decodeMessage, encodeMessage } from '../../shared/wire.ts';

/** sockaddr_un holds 108 bytes on Linux and 104 on macOS. */
const MAX_SOCKET_PATH = 100;

/** A channel over a connected socket. A line that is not JSON ends the connection: the other side does not speak our language. */
export function socketChannel(socket: Socket): Channel {
  const onMessage: ((message: unknown) => void)[] = [];
  socket.on('error', () => socket.destroy());
  onLine(socket, (line) => {
    let message: unknown;
    try {
      message = decodeMessage(line);
    } catch {
      socket.destroy();
      return;
    }
    for (const listener of onMessage) listener(message);
  });
  return {
    send: (message) => {
      if (!socket.writable) return;
      // A client that no longer reads would have the engine keep everything for it.
      if (socket.writableLength > MAX_UNREAD_LENGTH) socket.destroy();
      else socket.write(`${encodeMessage(message)}\n`);
    },
    onMessage: (listener) => void onMessage.push(listener),
    onClose: (listener) => void socket.once('close', listener),
    close: () => socket.end(),
  };
}

/** What may wait for a slow client: several of the largest answers. */
const MAX_UNREAD_LENGTH = 256 * 1024 * 1024;

/** No message of the contract comes near this; a peer that sends more is not one of ours. */
const MAX_LINE_LENGTH = 256 * 1024 * 1024;

/** Splits at "\n" alone: node:readline would also split at U+2028, which JSON strings may hold. */
function onLine(socket: Socket, listener: (line: string) => void): void {
  let pieces: string[] = [];
  let length = 0;
  socket.setEncoding('utf8');
  socket.on('data', (chunk: string) => {
    let start = 0;
    for (let end = chunk.indexOf('\n'); end >= 0; end = chunk.indexOf('\n', start)) {
      pieces.push(chunk.slice(start, end));
      const line = pieces.join('');
      pieces = [];
      length = 0;
      start = end + 1;
      listener(line);
    }
    pieces.push(chunk.slice(start));
    length += chunk.length - start;
    if (length > MAX_LINE_LENGTH) socket.destroy();
  });
}

export interface ListeningSocket {
  readonly address: string;
  close(): void;
}

/** Names a folder that holds nothing but a socket, so that it may be removed with it. */
const TEMPORARY_PREFIX = 'cria-socket-';

/** Where an engine for this workspace listens: in the workspace, or, where that path is too long, in a private temporary folder. */
export function chooseAddress(workspaceRoot: string): string {
  if (process.platform === 'win32') {
    return `\\\\.\\pipe\\cria-${createHash('sha256').update(workspaceRoot).digest('hex').slice(0, 16)}-${randomBytes(8).toString('hex')}`;
  }
  const near = join(workspaceRoot, 'engine.sock');
  if (Buffer.byteLength(near) <= MAX_SOCKET_PATH) return near;
  return join(mkdtempSync(join(tmpdir(), TEMPORARY_PREFIX)), 'engine.sock');
}

/** Listens for clients; only the workspace's owner may connect. The caller holds the workspace's lock, so an old socket file is nobody's. */
export async function listen(address: string, onClient: (channel: Channel) => void): Promise<ListeningSocket> {
  const onPipe = process.platform === 'win32';
  if (!onPipe) rmSync(address, { force: true });
  const sockets = new Set<Socket>();
  const server: Server = createServer((socket) => {
    sockets.add(socket);
    socket.once('close', () => sockets.delete(socket));
    onClient(socketChannel(socket));
  });
  await new Promise<void>((resolve, reject) => {
    server.once('error', reject);
    server.listen(address, resolve);
  });
  if (!onPipe) chmodSync(address, 0o600);
  // Clients come and go; a listening socket alone must not keep a finished command alive.
  server.unref();
  return {
    address,
    close() {
      for (const socket of sockets) socket.destroy();
      server.close();
      if (onPipe) return;
      rmSync(address, { force: true });
      // Only an empty folder goes: whatever else lies beside the socket is not ours to remove.
      if (basename(dirname(address)).startsWith(TEMPORARY_PREFIX)) rmdirSync(dirname(address));
    },
  };
}

/** Connects to an engine. @throws the system's error when nobody listens there */
export async function connect(address: string): Promise<Channel> {
  const socket = createConnection(address);
  await new Promise<void>((resolve, reject) => {
    socket.once('error', reject);
    socket.once('connect', () => resolve());
  });
  return socketChannel(socket);
}
