/** Reading minimal pairs: JSON lines with `sentence_good` and `sentence_bad`, one pair a line. */
import { createHash } from 'node:crypto';
import { createReadStream } from 'node:fs';
import { basename } from 'node:path';
import { CriaError } from '../../shared/errors.ts';

export interface MinimalPair {
  good: string;
  bad: string;
  /** 1-based line of the file. */
  line: number;
  /** The whole item, for sample files. */
  doc: Record<string, unknown>;
}

/** Longest line that is still taken for a pair; the longest of BLiMP has 700 bytes. */
export const MAX_LINE_BYTES = 1 << 20;

const HINT = 'Each line has to be one JSON object with the strings "sentence_good" and "sentence_bad".';

/**
 * Reads a file of minimal pairs line by line; blank lines are skipped.
 * @throws CriaError `bad-input` that names file and line: not UTF-8, not JSON, a field missing or of another type, a line too long, no pair at all
 * @throws the system's error when the file cannot be read
 */
export async function* readPairs(path: string): AsyncGenerator<MinimalPair> {
  let pairs = 0;
  for await (const { text, line } of readLines(path)) {
    if (text.trim() === '') continue;
    pairs++;
    yield parsePair(text, path, line);
  }
  if (pairs === 0) throw new CriaError('bad-input', `${path} holds no minimal pairs.`, HINT);
}

/** All pairs of a file. @throws as {@link readPairs} */
export async function loadPairs(path: string): Promise<MinimalPair[]> {
  const pairs: MinimalPair[] = [];
  for await (const pair of readPairs(path)) pairs.push(pair);
  return pairs;
}

/** SHA-256 over the sentences alone, so that re-saved JSON with the same pairs in the same order counts as the same data. */
export function pairsDigest(pairs: Iterable<{ good: string; bad: string }>): string {
  const hash = createHash('sha256');
  for (const { good, bad } of pairs) hash.update(`${good}\0${bad}\0`);
  return hash.digest('hex');
}

/** Fingerprint of a suite: SHA-256 over "name digest" lines of its subtasks, sorted by name. */
export function suiteFingerprint(digests: ReadonlyMap<string, string>): string {
  const hash = createHash('sha256');
  for (const name of [...digests.keys()].sort()) hash.update(`${name} ${digests.get(name)!}\n`);
  return hash.digest('hex');
}

function parsePair(text: string, path: string, line: number): MinimalPair {
  const where = `${basename(path)}, line ${line}`;
  let doc: unknown;
  try {
    doc = JSON.parse(text);
  } catch (error) {
    throw new CriaError('bad-input', `${where} is not JSON: ${(error as Error).message}`, `${HINT} File: ${path}`, { cause: error });
  }
  if (typeof doc !== 'object' || doc === null || Array.isArray(doc)) {
    throw new CriaError('bad-input', `${where} is not a JSON object.`, `${HINT} File: ${path}`);
  }
  const item = doc as Record<string, unknown>;
  return { good: sentence(item, 'sentence_good', where, path), bad: sentence(item, 'sentence_bad', where, path), line, doc: item };
}

function sentence(item: Record<string, unknown>, field: string, where: string, path: string): string {
  const value = Object.hasOwn(item, field) ? item[field] : undefined;
  if (typeof value === 'string' && value !== '') return value;
  const found = value === undefined ? `lacks "${field}"` : value === '' ? `has an empty "${field}"`
    : `has ${value === null ? 'null' : Array.isArray(value) ? 'a list' : `a value of type ${typeof value}`} as "${field}" instead of a string`;
  throw new CriaError('bad-input', `${where} ${found}.`, `${HINT} File: ${path}`);
}

/** Lines of a UTF-8 file. Split as bytes and decoded one by one, so that a decoding error has a line and memory stays small. */
async function* readLines(path: string): AsyncGenerator<{ text: string; line: number }> {
  const decoder = new TextDecoder('utf-8', { fatal: true });
  let line = 0;
  let rest: Buffer[] = [];
  let restBytes = 0;

  const decode = (bytes: Buffer): { text: string; line: number } => {
    line++;
    try {
      return { text: decoder.decode(bytes), line };
    } catch (error) {
      throw new CriaError('bad-input', `${basename(path)}, line ${line} is not UTF-8 text.`, `${HINT} File: ${path}`, { cause: error });
    }
  };
  const keep = (bytes: Buffer): void => {
    restBytes += bytes.length;
    if (restBytes > MAX_LINE_BYTES) {
      throw new CriaError('bad-input', `${basename(path)}, line ${line + 1} is longer than ${MAX_LINE_BYTES} bytes.`, `${HINT} File: ${path}`);
    }
    rest.push(bytes);
  };

  for await (const chunk of createReadStream(path, { highWaterMark: 1 << 18 }) as AsyncIterable<Buffer>) {
    let start = 0;
    for (let end = chunk.indexOf(10); end >= 0; end = chunk.indexOf(10, start)) {
      keep(chunk.subarray(start, end));
      const bytes = rest.length === 1 ? rest[0]! : Buffer.concat(rest);
      rest = [];
      restBytes = 0;
      yield decode(bytes);
      start = end + 1;
    }
    if (start < chunk.length) keep(chunk.subarray(start));
  }
  if (restBytes > 0) yield decode(Buffer.concat(rest));
}
