/** Who the host lets in: exploits as tests. */
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { request } from 'node:http';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { WebSocket } from 'ws';
import { startHost, type Host } from '../../src/main/host/host.ts';

let folder: string;
let host: Host;
let attached: number;

beforeEach(async () => {
  folder = mkdtempSync(join(tmpdir(), 'cria-host-'));
  mkdirSync(join(folder, 'renderer', 'assets'), { recursive: true });
  writeFileSync(join(folder, 'renderer', 'index.html'), '<!doctype html><title>Cria</title>');
  writeFileSync(join(folder, 'renderer', 'assets', 'index.js'), '1;');
  writeFileSync(join(folder, 'secret.txt'), 'secret');
  attached = 0;
  host = await startHost({ renderer: join(folder, 'renderer'), session: 'a session key that nobody can guess', attach: () => void attached++, port: 0, address: '127.0.0.1' });
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

  it('only reads', async () => {
    const cookie = await session();
    for (const method of ['POST', 'PUT', 'DELETE', 'OPTIONS']) expect((await get('/', cookie, method)).status).toBe(405);
  });
});
