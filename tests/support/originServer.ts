/** A server on loopback that stands for the places where data is published: it can break off, change, and refuse to resume. */
import { statSync } from 'node:fs';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { onTestFinished } from 'vitest';

export interface OriginServer {
  url: string;
  /** Path -> content; what is not here is answered with 404. */
  files: Map<string, { body: Buffer; etag?: string }>;
  /** "path" or "path from N" of each request. */
  requests: string[];
  /** Breaks off the next answer to this path after so many bytes of it, once they have arrived in this file. */
  cut: { path: string; after: number; into: string } | null;
}

export async function startOrigin(): Promise<OriginServer> {
  const origin: OriginServer = { url: '', files: new Map(), requests: [], cut: null };
  const server = createServer((request, response) => {
    const path = decodeURIComponent(new URL(request.url!, 'http://origin').pathname);
    const file = origin.files.get(path);
    const range = /bytes=(\d+)-/.exec(request.headers.range ?? '');
    origin.requests.push(`${path}${range ? ` from ${range[1]}` : ''}`);
    if (!file) return void response.writeHead(404).end();
    const isSame = request.headers['if-range'] === undefined || request.headers['if-range'] === file.etag;
    const start = range && isSame ? Number(range[1]) : 0;
    if (start > 0 && start >= file.body.length) return void response.writeHead(416).end();
    response.writeHead(start > 0 ? 206 : 200, { 'content-length': String(file.body.length - start), ...(file.etag ? { etag: file.etag } : {}) });
    if (origin.cut?.path === path) {
      const { after, into } = origin.cut;
      response.write(file.body.subarray(start, start + after));
      origin.cut = null;
      const timer = setInterval(() => {
        if ((statSync(into, { throwIfNoEntry: false })?.size ?? 0) < start + after) return;
        clearInterval(timer);
        response.destroy();
      }, 5);
    } else response.end(file.body.subarray(start));
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  origin.url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  onTestFinished(async () => {
    server.closeAllConnections();
    await new Promise((resolve) => server.close(resolve));
  });
  return origin;
}
