/** Who the host lets in: exploits as tests. */
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { request } from 'node:http';
import { connect } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { WebSocket } from 'ws';
import type { Channel } from '../../src/shared/protocol.ts';
import { startHost, type Host } from '../../src/main/host/host.ts';

let folder: string;
let host: Host;
let attached: number;
let channel: Channel | null;

beforeEach(async () => {
  folder = mkdtempSync(join(tmpdir(), 'cria-host-'));
  mkdirSync(join(folder, 'renderer', 'assets'), { recursive: true });
  writeFileSync(join(folder, 'renderer', 'index.html'), '<!doctype html><title>Cria</title>');
  writeFileSync(join(folder, 'renderer', 'assets', 'index.js'), '1;');
  writeFileSync(join(folder, 'secret.txt'), 'secret');
  attached = 0;
  host = await startHost({ renderer: join(folder, 'renderer'), session: 'a session key that nobody can guess', attach: (opened) => {
    attached++;
    channel = opened;
  }, port: 0, address: '127.0.0.1' });
});
afterEach(async () => {
  await host.close();
  rmSync(folder, { recursive: true });
});

/** A bare request: fetch would mend the path and refuse the headers. */
function get(path: string, headers: Record<string, string> = {}, method = 'GET'): Promise<{ status: number; headers: Record<string, unknown>; body: string }> {
  return new Promise((resolve, reject) => {
    request({ host: '127.0.0.1', port: host.port, path, method, headers: { host: `127.0.0.1:${host.port}`, ...headers } }, (response) => {
      let body = '';
      response.on('data', (chunk) => (body += String(chunk)));
      response.on('end', () => resolve({ status: response.statusCode!, headers: response.headers, body }));
    }).on('error', reject).end();
  });
}

async function session(): Promise<{ cookie: string }> {
  const { status, headers } = await get(`/?token=${new URL(host.url()).searchParams.get('token')}`);
  expect(status).toBe(303);
  const cookie = String(headers['set-cookie']);
  expect(cookie).toMatch(/; HttpOnly; SameSite=Strict/);
  return { cookie: cookie.split(';')[0]! };
}

/** 101 when the socket opens, else the status it was refused with. */
function openSocket(headers: Record<string, string>, origin?: string): Promise<number> {
  return new Promise((resolve) => {
    const socket = new WebSocket(`ws://127.0.0.1:${host.port}/socket`, { headers, ...(origin === undefined ? {} : { origin }) });
    socket.on('open', () => {
      socket.close();
      resolve(101);
    });
    socket.on('unexpected-response', (_request, response) => resolve(response.statusCode!));
    socket.on('error', () => {});
  });
}

describe('the host', () => {
  it('serves the page to whoever opened the printed address', async () => {
    const cookie = await session();
    const page = await get('/', cookie);
    expect(page).toMatchObject({ status: 200, body: '<!doctype html><title>Cria</title>' });
    expect(page.headers['content-security-policy']).toMatch(/default-src 'none'; script-src 'self'/);
    expect(page.headers['content-security-policy']).not.toMatch(/unsafe-eval|script-src[^;]*unsafe-inline/);
    expect(await get('/assets/index.js', cookie)).toMatchObject({ status: 200, body: '1;' });
  });

  it('takes each token once', async () => {
    const token = new URL(host.url()).searchParams.get('token')!;
    expect((await get(`/?token=${token}`)).status).toBe(303);
    expect((await get(`/?token=${token}`)).status).toBe(403);
    expect(new URL(host.url()).searchParams.get('token')).not.toBe(token);
  });

  it.each(['', 'wrong', 'a session key that nobody can gues'])('refuses the cookie "%s"', async (value) => {
    expect((await get('/', { cookie: `cria-session=${value}` })).status).toBe(403);
    expect(await openSocket({ cookie: `cria-session=${value}` }, `http://127.0.0.1:${host.port}`)).toBe(403);
  });

  it('refuses another host name, as a rebound name would send it', async () => {
    const cookie = await session();
    for (const name of ['evil.example', `evil.example:${host.port}`, '127.0.0.1', `127.0.0.1:${host.port + 1}`]) {
      expect((await get('/', { ...cookie, host: name })).status, name).toBe(403);
      expect((await get(`/?token=${new URL(host.url()).searchParams.get('token')}`, { host: name })).status, name).toBe(403);
    }
  });

  it('opens a socket for its own page alone', async () => {
    const cookie = await session();
    expect(await openSocket(cookie, 'http://evil.example')).toBe(403);
    expect(await openSocket(cookie, `https://127.0.0.1:${host.port}.evil.example`)).toBe(403);
    expect(await openSocket(cookie)).toBe(403);
    expect(await openSocket({}, `http://127.0.0.1:${host.port}`)).toBe(403);
    expect(attached).toBe(0);
    expect(await openSocket(cookie, `http://127.0.0.1:${host.port}`)).toBe(101);
    expect(attached).toBe(1);
  });

  it.each(['/../secret.txt', '/assets/../../secret.txt', '/%2e%2e/secret.txt', '/..%2fsecret.txt', '//secret.txt', '/assets/..\\..\\secret.txt', '/secret.txt', '/assets', '/index.html%00.js'])('serves nothing outside its files: %s', async (path) => {
    const answer = await get(path, await session());
    expect(answer.status).toBe(404);
    expect(answer.body).not.toContain('secret');
  });

  it('is not guessed: wrong tokens neither open it nor use up the right one', async () => {
    const token = new URL(host.url()).searchParams.get('token')!;
    expect(Buffer.from(token, 'base64url')).toHaveLength(24);
    const wrong = [token.slice(0, -1), `${token}x`, token.toUpperCase(), `${token.slice(0, -1)}_`, '', 'null', '%00', encodeURIComponent('ü'.repeat(16)), 'x'.repeat(10_000)];
    for (const guess of wrong) expect((await get(`/?token=${guess}`)).status, guess.slice(0, 40)).toBe(403);
    // Of two tokens in one address the first counts.
    expect((await get(`/?token=wrong&token=${token}`)).status).toBe(403);
    expect((await get(`/?token=${token}`)).status).toBe(303);
  });

  it('keeps the cookie from other sites and from scripts, and tells no page where it was opened from', async () => {
    const token = new URL(host.url()).searchParams.get('token')!;
    const { headers } = await get(`/?token=${token}`);
    expect(String(headers['set-cookie'])).toBe('cria-session=a session key that nobody can guess; HttpOnly; SameSite=Strict; Path=/');
    expect(headers.location).toBe('/');
    const page = await get('/', { cookie: 'cria-session=a session key that nobody can guess' });
    expect(page.headers).toMatchObject({ 'referrer-policy': 'no-referrer', 'x-frame-options': 'DENY', 'cross-origin-resource-policy': 'same-origin', 'cross-origin-opener-policy': 'same-origin' });
    expect(page.headers).not.toHaveProperty('access-control-allow-origin');
  });

  it('outlives peers that break off, stall or send nonsense', async () => {
    const { cookie } = await session();
    const upgrade = `GET /socket HTTP/1.1\r\nhost: 127.0.0.1:${host.port}\r\nconnection: upgrade\r\nupgrade: websocket\r\nsec-websocket-version: 13\r\nsec-websocket-key: AAAAAAAAAAAAAAAAAAAAAA==\r\norigin: http://127.0.0.1:${host.port}\r\n`;
    const frame = Buffer.concat([Buffer.from([0x81, 0xff, 0x7f, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff]), Buffer.alloc(100)]);
    const attacks: (string | Buffer)[][] = [
      [`${upgrade}\r\n`], [`${upgrade}cookie: ${cookie}\r\n\r\n`], [`${upgrade}cookie: ${cookie}\r\n\r\n`, frame], [`${upgrade}cookie: ${cookie}\r\n\r\n`, Buffer.from([0x81, 0x85, 0, 0, 0, 0, 0xff, 0xfe, 0, 0, 0])],
      ['GET / HTTP/1.1\r\n'], ['\0\0\0\0'], [`GET / HTTP/1.1\r\nhost: ${'x'.repeat(100_000)}\r\n\r\n`], ['PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n'], [`GET /${'a'.repeat(50_000)} HTTP/1.1\r\n\r\n`],
    ];
    for (const pieces of attacks) {
      await new Promise<void>((resolve) => {
        const socket = connect(host.port, '127.0.0.1', () => {
          for (const piece of pieces) socket.write(piece);
          setTimeout(() => socket.resetAndDestroy(), 20);
        });
        socket.on('error', () => {}).on('close', () => resolve());
      });
    }
    expect((await get('/', { cookie })).status).toBe(200);
  });

  it('cuts off a page that does not read instead of keeping everything for it', async () => {
    const { cookie } = await session();
    const socket = new WebSocket(`ws://127.0.0.1:${host.port}/socket`, { headers: { cookie }, origin: `http://127.0.0.1:${host.port}` });
    await new Promise((resolve) => socket.on('open', resolve));
    socket.pause();
    const text = 'x'.repeat(8 * 2 ** 20);
    let closed = false;
    channel!.onClose(() => (closed = true));
    for (let sent = 0; sent < 100 && !closed; sent++) {
      channel!.send({ text });
      await new Promise((resolve) => setImmediate(resolve));
    }
    expect(closed).toBe(true);
    socket.terminate();
  });

  it('only reads', async () => {
    const cookie = await session();
    for (const method of ['POST', 'PUT', 'DELETE', 'OPTIONS']) expect((await get('/', cookie, method)).status).toBe(405);
  });
});
