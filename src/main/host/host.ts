/** The host: serves the window's files and connects them to an engine, over HTTP and WebSocket on a loopback address. */
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { WebSocketServer, type WebSocket } from 'ws';
import { CriaError } from '../../shared/errors.ts';
import type { Channel } from '../../shared/protocol.ts';
import { decodeMessage, encodeMessage } from '../../shared/wire.ts';
import { Access } from './access.ts';
import { CONTENT_SECURITY_POLICY, readRenderer } from './rendererFiles.ts';

export interface HostOptions {
  /** Folder of the renderer's build. */
  renderer: string;
  /** Secret that browsers which were let in keep (access.ts). */
  session: string;
  /** Connects a window to the engine. */
  attach: (channel: Channel) => void;
  /** 0: any free port. */
  port: number;
  /** Address to listen on; loopback unless the user says otherwise. */
  address: string;
  /** Told when a token was used, with the address for the next browser. */
  onOpened?: (nextUrl: string) => void;
}

export interface Host {
  /** Address with a token that works once. */
  url(): string;
  readonly port: number;
  close(): Promise<void>;
}

/** Requests and answers of the contract stay far below; a config's text is the largest request. */
const MAX_MESSAGE_BYTES = 8 * 1024 * 1024;

/** What may wait for a slow page: several of the largest answers. */
const MAX_UNREAD_BYTES = 64 * 1024 * 1024;

/** @throws CriaError `busy` when the port is taken; `not-found` without a build */
export async function startHost({ renderer, session, attach, port, address, onOpened }: HostOptions): Promise<Host> {
  const files = readRenderer(renderer);
  const server = createServer();
  await new Promise<void>((resolve, reject) => {
    server.once('error', (error: NodeJS.ErrnoException) =>
      reject(error.code === 'EADDRINUSE' ? new CriaError('busy', `Port ${port} is in use.`, 'Choose another with --port.') : error));
    server.listen(port, address, resolve);
  });
  const { port: actual } = server.address() as AddressInfo;
  const names = ['127.0.0.1', 'localhost', '[::1]', address.includes(':') ? `[${address}]` : address];
  const access = new Access(names.map((name) => `${name}:${actual}`), session);
  const url = () => `http://${address === '0.0.0.0' || address === '::' ? '127.0.0.1' : names.at(-1)!}:${actual}/?token=${access.token}`;

  server.on('request', (request, response) => answer(request, response));
  function answer(request: IncomingMessage, response: ServerResponse): void {
    // Taken apart by hand: a URL parser would take "//name" for another host.
    const [pathname = '/', query = ''] = (request.url ?? '/').split('?', 2);
    const searchParams = new URLSearchParams(query);
    if (!access.isHostAllowed(request)) return refuse(response, 403, 'This address is not one that Cria answers to.');
    if (request.method !== 'GET' && request.method !== 'HEAD') return refuse(response, 405, 'Only GET.');
    const token = searchParams.get('token');
    if (token !== null) {
      const cookie = access.exchange(token);
      // A spent token in a bookmark does no harm to whoever has the cookie.
      if (!cookie && !access.hasSession(request)) return refuse(response, 403, 'This address has been used. Cria prints a new one in its terminal.');
      response.writeHead(303, { location: '/', ...(cookie ? { 'set-cookie': cookie } : {}), 'cache-control': 'no-store' }).end();
      if (cookie) onOpened?.(url());
      return;
    }
    if (!access.hasSession(request)) return refuse(response, 403, 'Open the address that Cria printed in its terminal.');
    const file = files.get(pathname);
    if (!file) return refuse(response, 404, 'There is no such file.');
    response.writeHead(200, {
      'content-type': file.type,
      'content-length': file.body.length,
      'content-security-policy': CONTENT_SECURITY_POLICY,
      'x-content-type-options': 'nosniff',
      'x-frame-options': 'DENY',
      'referrer-policy': 'no-referrer',
      'cross-origin-opener-policy': 'same-origin',
      'cross-origin-resource-policy': 'same-origin',
      'permissions-policy': 'camera=(), microphone=(), geolocation=()',
      // Built files carry a hash in their names; the page that names them does not.
      'cache-control': pathname.startsWith('/assets/') ? 'max-age=31536000, immutable' : 'no-cache',
    });
    response.end(request.method === 'HEAD' ? undefined : file.body);
  }

  const sockets = new WebSocketServer({ noServer: true, maxPayload: MAX_MESSAGE_BYTES });
  server.on('upgrade', (request, socket, head) => {
    // Node leaves an upgraded socket's errors to whoever took it; a peer that resets it must not end the host.
    socket.on('error', () => socket.destroy());
    const allowed = request.url === '/socket' && access.isHostAllowed(request) && access.isOriginAllowed(request) && access.hasSession(request);
    if (!allowed) {
      socket.end('HTTP/1.1 403 Forbidden\r\nconnection: close\r\n\r\n');
      return;
    }
    sockets.handleUpgrade(request, socket, head, (webSocket) => attach(webSocketChannel(webSocket)));
  });

  return {
    url,
    port: actual,
    close: () =>
      new Promise((resolve) => {
        for (const client of sockets.clients) client.terminate();
        server.close(() => resolve());
        server.closeAllConnections();
      }),
  };
}

function refuse(response: ServerResponse, status: number, message: string): void {
  response.writeHead(status, { 'content-type': 'text/plain; charset=utf-8', 'x-content-type-options': 'nosniff', 'cache-control': 'no-store' }).end(`${message}\n`);
}

/** A channel over a browser's socket. A message that is not JSON ends the connection. */
function webSocketChannel(socket: WebSocket): Channel {
  socket.on('error', () => socket.terminate());
  return {
    send: (message) => {
      if (socket.readyState !== socket.OPEN) return;
      // A page that no longer reads would have the host keep everything for it; one that comes back connects anew.
      if (socket.bufferedAmount > MAX_UNREAD_BYTES) socket.terminate();
      else socket.send(encodeMessage(message));
    },
    onMessage: (listener) =>
      void socket.on('message', (data, isBinary) => {
        let message: unknown;
        try {
          if (isBinary) throw new SyntaxError('binary');
          message = decodeMessage((data as Buffer).toString('utf8'));
        } catch {
          socket.terminate();
          return;
        }
        listener(message);
      }),
    onClose: (listener) => void socket.once('close', listener),
    close: () => socket.close(),
  };
}
