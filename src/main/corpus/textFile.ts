/** Reading text files piece by piece, with errors that say where a file is not text. */
import { isUtf8 } from 'node:buffer';
import { open } from 'node:fs/promises';
import { CriaError } from '../../shared/errors.ts';
import { UniversalNewlines } from './rules/newlines.ts';
import type { Rule } from './rules/rule.ts';

const CHUNK_BYTES = 1 << 20;

export interface ReadOptions {
  signal?: AbortSignal;
  /** Told the number of bytes read so far. */
  onBytes?: (done: number) => void;
  /** Given each run of bytes before it is decoded, e.g. to hash them. */
  onChunk?: (bytes: Uint8Array) => void;
  /** Bytes read at once; for tests. */
  chunkBytes?: number;
}

/**
 * The text of a UTF-8 file in pieces that never cut a code point. A byte order mark stays, as it does in Python.
 *
 * @throws CriaError `bad-input` for a file that is empty, binary (a zero byte) or not UTF-8, naming the byte; `cancelled`
 */
export async function* readText(path: string, options: ReadOptions = {}): AsyncGenerator<string> {
  const file = await openText(path);
  try {
    const buffer = Buffer.allocUnsafe((options.chunkBytes ?? CHUNK_BYTES) + 3);
    let kept = 0;
    let read = 0;
    for (;;) {
      throwIfCancelled(options.signal);
      const { bytesRead } = await file.read(buffer, kept, buffer.length - 3, null);
      if (bytesRead === 0) break;
      options.onChunk?.(buffer.subarray(kept, kept + bytesRead));
      const start = read - kept;
      const bytes = buffer.subarray(0, kept + bytesRead);
      read += bytesRead;
      const end = bytes.length - unfinished(bytes);
      yield decode(path, bytes.subarray(0, end), start);
      bytes.copy(buffer, 0, end);
      kept = bytes.length - end;
      options.onBytes?.(read);
    }
    if (kept > 0) throw notUtf8(path, read - kept);
    if (read === 0) throw emptyFile(path);
  } finally {
    await file.close();
  }
}

/** {@link readText} with `\r\n` and `\r` turned into `\n`, as Python reads text. */
export async function* readLfText(path: string, options: ReadOptions = {}, newlines: Rule = new UniversalNewlines()): AsyncGenerator<string> {
  for await (const piece of readText(path, options)) yield newlines.push(piece);
  yield newlines.end();
}

export function emptyFile(path: string): CriaError {
  return new CriaError('bad-input', `${path} is empty.`, 'Download or copy it again, or remove it from the folder.');
}

/** @throws CriaError `cancelled` when the user asked to stop */
export function throwIfCancelled(signal: AbortSignal | undefined): void {
  if (signal?.aborted) throw new CriaError('cancelled', 'Stopped as asked. Nothing half-written was kept.');
}

async function openText(path: string): Promise<Awaited<ReturnType<typeof open>>> {
  try {
    const file = await open(path, 'r');
    if ((await file.stat()).isFile()) return file;
    await file.close();
  } catch (error) {
    const missing = (error as NodeJS.ErrnoException).code === 'ENOENT';
    throw new CriaError(missing ? 'not-found' : 'bad-input', `${path} cannot be read: ${(error as Error).message}`,
      missing ? 'Check the path.' : 'Check its permissions.', { cause: error });
  }
  throw new CriaError('bad-input', `${path} is not a file.`, 'Give the path of a text file.');
}

function decode(path: string, bytes: Buffer, offset: number): string {
  const zero = bytes.indexOf(0);
  const bad = isUtf8(bytes) ? -1 : firstInvalid(bytes);
  if (zero >= 0 && (bad < 0 || zero < bad)) {
    throw new CriaError('bad-input', `${path} is not text: byte ${offset + zero} is zero.`,
      'Convert UTF-16 text to UTF-8 first, or take a binary file out of the folder.');
  }
  if (bad >= 0) throw notUtf8(path, offset + bad);
  return bytes.toString('utf8');
}

function notUtf8(path: string, offset: number): CriaError {
  return new CriaError('bad-input', `${path} is not UTF-8: the first wrong byte is byte ${offset} (counted from 0).`,
    'Convert the file to UTF-8, e.g. with `iconv -f WINDOWS-1252 -t UTF-8`, or download it again.');
}

/** Length of the sequence that a first byte announces; 0 when it cannot be a first byte. */
function sequenceLength(first: number): number {
  if (first < 0x80) return 1;
  if (first >= 0xc2 && first <= 0xdf) return 2;
  if (first >= 0xe0 && first <= 0xef) return 3;
  return first >= 0xf0 && first <= 0xf4 ? 4 : 0;
}

/** How many bytes at the end are the beginning of a code point whose rest is still to come. */
function unfinished(bytes: Uint8Array): number {
  for (let back = 1; back <= Math.min(3, bytes.length); back++) {
    const byte = bytes[bytes.length - back]!;
    if ((byte & 0xc0) !== 0x80) return sequenceLength(byte) > back ? back : 0;
  }
  return 0;
}

/** Offset of the first byte of the first sequence that is not UTF-8; -1 when all is. */
function firstInvalid(bytes: Uint8Array): number {
  for (let start = 0; start < bytes.length; ) {
    const length = sequenceLength(bytes[start]!);
    if (length === 0 || !isUtf8(bytes.subarray(start, start + length))) return start;
    start += length;
  }
  return -1;
}
