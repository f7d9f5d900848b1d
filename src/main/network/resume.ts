/** Downloads that go on where they were broken off. */
import { createHash } from 'node:crypto';
import { createReadStream, createWriteStream, existsSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { Readable, Transform } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import type { ReadableStream } from 'node:stream/web';
import { failure, get, unreachable, type FetchOptions } from './origin.ts';

export interface ResumeOptions extends FetchOptions {
  /** Told the bytes that are there, and how many there will be (null: the origin does not say). */
  onBytes?: (done: number, total: number | null) => void;
}

/**
 * Fetches a file into `partial`, going on from what lies there. A file that has changed at its origin since then is fetched anew, where
 * the origin gives it a strong ETag; else its checksum must tell.
 *
 * @returns SHA-256 of the whole file, hexadecimal; the caller checks it and puts the file in its place
 * @throws CriaError `not-found` when the origin cannot be reached or refuses; `cancelled`. What has come by then stays
 */
export async function fetchResumable(url: string, partial: string, options: ResumeOptions = {}): Promise<string> {
  const tagFile = `${partial}.etag`;
  const have = existsSync(partial) ? statSync(partial).size : 0;
  const tag = have > 0 && existsSync(tagFile) ? readFileSync(tagFile, 'utf8') : null;
  let response = await get(url, options, have > 0 ? { range: `bytes=${have}-`, ...(tag ? { 'if-range': tag } : {}) } : {});
  if (response.status === 416) { // What lies here is no beginning of that file.
    rmSync(partial, { force: true });
    response = await get(url, options);
  }
  if (!response.ok || response.body === null) throw unreachable(url, `answered ${response.status}`);
  const append = response.status === 206;
  const etag = response.headers.get('etag');
  if (etag && !etag.startsWith('W/')) writeFileSync(tagFile, etag, { mode: 0o600 });
  else rmSync(tagFile, { force: true });

  const hash = createHash('sha256');
  if (append) for await (const chunk of createReadStream(partial)) hash.update(chunk as Buffer);
  let done = append ? have : 0;
  const rest = Number(response.headers.get('content-length') ?? NaN);
  // A compressed answer is longer when it is read than its length says.
  const total = Number.isFinite(rest) && !response.headers.get('content-encoding') ? done + rest : null;
  const measure = new Transform({
    transform(chunk: Buffer, _encoding, next) {
      hash.update(chunk);
      done += chunk.length;
      options.onBytes?.(done, total);
      next(null, chunk);
    },
  });
  try {
    await pipeline(Readable.fromWeb(response.body as ReadableStream), measure, createWriteStream(partial, { flags: append ? 'a' : 'w', mode: 0o600 }), options.signal ? { signal: options.signal } : {});
  } catch (error) {
    throw failure(url, error, options);
  }
  rmSync(tagFile, { force: true });
  return hash.digest('hex');
}
