import { createHash } from 'node:crypto';
import { existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { downloadSuite, type Origins } from '../../../src/main/evaluation/download.ts';
import { findSuite } from '../../../src/main/evaluation/suites.ts';

const content = (items: number): string => Array.from({ length: items }, (_, i) => `{"sentence_good":"good ${i}","sentence_bad":"bad ${i}"}\n`).join('');
const SUPPLEMENT = findSuite('supplement').subtasks!;

let server: Server;
let origin: string;
let origins: Origins;
let root: string;
/** "GET /path range" of each request. */
let requests: string[];
/** Path -> bytes, or how to answer. */
let files: Map<string, string>;
let cutAt: number | null;
let ranges: boolean;

beforeEach(async () => {
  root = mkdtempSync(join(tmpdir(), 'cria-download-'));
  requests = [];
  files = new Map();
  cutAt = null;
  ranges = true;
  server = createServer((request, response) => {
    const path = decodeURIComponent(new URL(request.url!, origin).pathname);
    const range = /bytes=(\d+)-/.exec(request.headers.range ?? '');
    requests.push(`${path}${range ? ` from ${range[1]}` : ''}`);
    const body = files.get(path);
    if (body === undefined) return void response.writeHead(404).end();
    const start = ranges && range ? Number(range[1]) : 0;
    if (start > 0 && start >= body.length) return void response.writeHead(416).end();
    response.writeHead(start > 0 ? 206 : 200, { 'content-length': String(body.length - start) });
    if (cutAt !== null && path.endsWith('.jsonl')) {
      response.write(body.slice(start, cutAt));
      cutAt = null;
      setTimeout(() => response.destroy(), 20);
    } else response.end(body.slice(start));
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  origin = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  origins = { blimp: `${origin}/blimp/`, osf: `${origin}/osf/root` };
});
afterEach(async () => {
  server.closeAllConnections();
  await new Promise((resolve) => server.close(resolve));
  rmSync(root, { recursive: true });
});

/** An OSF project of made-up pairs, its file list in two pages. */
function serveOsf(change: (name: string, body: string) => string = (_, body) => body): void {
  const folder = (name: string, href: string) => ({
    attributes: { name, kind: 'folder' }, relationships: { files: { links: { related: { href: `${origin}${href}` } } } }, links: {},
  });
  const listed = SUPPLEMENT.map(({ name, items }) => {
    const body = content(items);
    files.set(`/files/${name}.jsonl`, change(name, body));
    return {
      attributes: { name: `${name}.jsonl`, kind: 'file', extra: { hashes: { sha256: createHash('sha256').update(body).digest('hex') } } },
      links: { download: `${origin}/files/${name}.jsonl` },
    };
  });
  const page = (data: unknown[], next: string | null) => JSON.stringify({ data, links: { next: next && `${origin}${next}` } });
  files.set('/osf/root', page([folder('text_data', '/osf/text')], '/osf/root2'));
  files.set('/osf/root2', page([folder('evaluation_data', '/osf/evaluation')], null));
  files.set('/osf/evaluation', page([folder('supplement_filtered', '/osf/supplement')], null));
  files.set('/osf/supplement', page(listed.slice(0, 3), '/osf/supplement2'));
  files.set('/osf/supplement2', page(listed.slice(3), null));
}

describe('downloadSuite', () => {
  it('walks the OSF project, checks what comes and notes its source', async () => {
    serveOsf();
    const seen: string[] = [];
    const folder = await downloadSuite('supplement', root, { origins, onProgress: (done, total) => seen.push(`${done}/${total}`) });
    expect(folder).toBe(join(root, 'supplement_filtered'));
    expect(readFileSync(join(folder, 'hypernym.jsonl'), 'utf8')).toBe(content(842));
    expect(seen.at(-1)).toBe('5/5');
    const source = JSON.parse(readFileSync(join(folder, 'SOURCE.json'), 'utf8')) as { files: Record<string, { url: string; sha256: string }> };
    expect(source.files['turn_taking.jsonl']).toEqual({
      url: `${origin}/files/turn_taking.jsonl`, sha256: createHash('sha256').update(content(280)).digest('hex'),
    });
  });

  it('goes on where it broke off and fetches nothing twice', async () => {
    serveOsf();
    cutAt = 1000;
    await expect(downloadSuite('supplement', root, { origins })).rejects.toMatchObject({ code: 'not-found' });
    expect(existsSync(join(root, 'supplement_filtered', 'hypernym.jsonl'))).toBe(false);
    await downloadSuite('supplement', root, { origins });
    expect(requests).toContain('/files/hypernym.jsonl from 1000');
    expect(readFileSync(join(root, 'supplement_filtered', 'hypernym.jsonl'), 'utf8')).toBe(content(842));
    requests = [];
    await downloadSuite('supplement', root, { origins });
    expect(requests.filter((path) => path.startsWith('/files'))).toEqual([]);
  });

  it('starts a file over when the server knows no ranges, or the piece is no beginning of it', async () => {
    serveOsf();
    mkdirSync(join(root, 'supplement_filtered'));
    writeFileSync(join(root, 'supplement_filtered', 'hypernym.jsonl.part'), 'x'.repeat(1_000_000));
    await downloadSuite('supplement', root, { origins });
    expect(requests.slice(-6, -4)).toEqual(['/files/hypernym.jsonl from 1000000', '/files/hypernym.jsonl']);
    rmSync(join(root, 'supplement_filtered', 'turn_taking.jsonl'));
    writeFileSync(join(root, 'supplement_filtered', 'turn_taking.jsonl.part'), 'xyz');
    ranges = false;
    await downloadSuite('supplement', root, { origins });
    expect(readFileSync(join(root, 'supplement_filtered', 'turn_taking.jsonl'), 'utf8')).toBe(content(280));
  });

  it('keeps nothing whose checksum is wrong', async () => {
    serveOsf((name, body) => (name === 'hypernym' ? body.replace('good 1', 'evil 1') : body));
    await expect(downloadSuite('supplement', root, { origins })).rejects.toMatchObject({ code: 'bad-input', message: expect.stringContaining('checksum') as string });
    expect(existsSync(join(root, 'supplement_filtered', 'hypernym.jsonl'))).toBe(false);
    expect(existsSync(join(root, 'supplement_filtered', 'hypernym.jsonl.part'))).toBe(false);
  });

  it('takes BLiMP from its repository and keeps nothing with the wrong number of pairs', async () => {
    for (const { name } of findSuite('blimp-full').subtasks!) files.set(`/blimp/${name}.jsonl`, content(name === 'wh_island' ? 999 : 1000));
    await expect(downloadSuite('blimp-full', root, { origins })).rejects.toMatchObject({ message: expect.stringContaining('wh_island') as string });
    files.set('/blimp/wh_island.jsonl', content(1000));
    requests = [];
    expect(await downloadSuite('blimp-full', root, { origins })).toBe(join(root, 'blimp'));
    expect(requests[0]).toBe('/blimp/wh_island.jsonl');
  });

  it('says what to do when the network, the folder or the file is not there', async () => {
    await expect(downloadSuite('supplement', root, { origins })).rejects.toMatchObject({ code: 'not-found', message: expect.stringContaining('404') as string });
    serveOsf();
    files.delete('/files/hypernym.jsonl');
    await expect(downloadSuite('supplement', root, { origins })).rejects.toMatchObject({ code: 'not-found' });
    files.set('/osf/root2', JSON.stringify({ data: [], links: {} }));
    await expect(downloadSuite('supplement', root, { origins })).rejects.toMatchObject({ message: expect.stringContaining('evaluation_data') as string });
    files.set('/osf/root', '<html>');
    await expect(downloadSuite('supplement', root, { origins })).rejects.toMatchObject({ code: 'not-found' });
    const offline = () => Promise.reject(new TypeError('fetch failed', { cause: new Error('getaddrinfo ENOTFOUND') }));
    await expect(downloadSuite('supplement', root, { origins, fetch: offline })).rejects.toMatchObject({ message: expect.stringContaining('ENOTFOUND') as string });
    await expect(downloadSuite('demo', root, { origins })).rejects.toMatchObject({ code: 'bad-input' });
  });

  it('stops when told', async () => {
    serveOsf();
    const stop = new AbortController();
    const running = downloadSuite('supplement', root, { origins, signal: stop.signal, onProgress: (done) => done === 1 && stop.abort() });
    await expect(running).rejects.toMatchObject({ code: 'cancelled' });
  });
});
