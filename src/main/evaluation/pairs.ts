/** Reading the items of suites of kind `choice`: JSON lines, one pair of answers a line; in minimal pairs the answers are whole sentences. */
import { createHash } from 'node:crypto';
import { createReadStream } from 'node:fs';
import { basename } from 'node:path';
import { CriaError } from '../../shared/errors.ts';
import { MINIMAL_PAIR, type ChoiceItem, type ItemFormat } from './suites/suite.ts';

/** Longest line that is still taken for a pair; the longest of BLiMP has 700 bytes. */
export const MAX_LINE_BYTES = 1 << 20;

/**
 * Reads a file of pairs line by line; blank lines are skipped.
 * @param format what the fields are called; default: sentence_good and sentence_bad
 * @throws CriaError `bad-input` that names file and line: not UTF-8, not JSON, a field missing or of another type, a line too long, no pair at all
 * @throws the system's error when the file cannot be read
 */
export async function* readPairs(path: string, format: ItemFormat = MINIMAL_PAIR): AsyncGenerator<ChoiceItem> {
  let pairs = 0;
  for await (const { text, line } of readLines(path, hintFor(format))) {
    if (text.trim() === '') continue;
    pairs++;
    yield parsePair(parseObject(text, path, line, format), path, line, format);
  }
  if (pairs === 0) throw new CriaError('bad-input', `${path} holds no ${format === MINIMAL_PAIR ? 'minimal pairs' : 'items'}.`, hintFor(format));
}

/** All pairs of a file. @throws as {@link readPairs} */
export async function loadPairs(path: string, format: ItemFormat = MINIMAL_PAIR): Promise<ChoiceItem[]> {
  const pairs: ChoiceItem[] = [];
  for await (const pair of readPairs(path, format)) pairs.push(pair);
  return pairs;
}

/** SHA-256 over the texts alone, so that re-saved JSON with the same pairs in the same order counts as the same data. */
export function pairsDigest(pairs: Iterable<{ context?: string; good: string; bad: string }>): string {
  const hash = createHash('sha256');
  for (const { context = '', good, bad } of pairs) hash.update(`${context === '' ? '' : `${context}\0`}${good}\0${bad}\0`);
  return hash.digest('hex');
}

/** Fingerprint of a suite: SHA-256 over "name digest" lines of its subtasks, sorted by name. */
export function suiteFingerprint(digests: ReadonlyMap<string, string>): string {
  const hash = createHash('sha256');
  for (const name of [...digests.keys()].sort()) hash.update(`${name} ${digests.get(name)!}\n`);
  return hash.digest('hex');
}

/**
 * Takes an item apart.
 * @param line 1-based line or row, for messages
 * @throws CriaError `bad-input` for a field that is missing or no string
 */
export function parsePair(doc: Record<string, unknown>, path: string, line: number, format: ItemFormat): ChoiceItem {
  const { context, good, bad } = format.fields;
  const read = (field: string): string => stringField(doc, field, `${basename(path)}, line ${line}`, path, format);
  return { context: context === null ? '' : read(context), good: read(good), bad: read(bad), line, doc };
}

function hintFor({ fields: { context, good, bad } }: ItemFormat): string {
  const names = [context, good, bad].filter((name) => name !== null).map((name) => `"${name}"`);
  return `Each line has to be one JSON object with the strings ${names.slice(0, -1).join(', ')} and ${names.at(-1)}.`;
}

function parseObject(text: string, path: string, line: number, format: ItemFormat): Record<string, unknown> {
  const where = `${basename(path)}, line ${line}`;
  const hint = `${hintFor(format)} File: ${path}`;
  let doc: unknown;
  try {
    doc = JSON.parse(text);
  } catch (error) {
    // The parser's own words quote what it stumbled over, which a gated item's text must not be.
    if (format.isGated) throw new CriaError('bad-input', `${where} is not JSON.`, hint);
    throw new CriaError('bad-input', `${where} is not JSON: ${(error as Error).message}`, hint, { cause: error });
  }
  if (typeof doc !== 'object' || doc === null || Array.isArray(doc)) throw new CriaError('bad-input', `${where} is not a JSON object.`, hint);
  return doc as Record<string, unknown>;
}

function stringField(item: Record<string, unknown>, field: string, where: string, path: string, format: ItemFormat): string {
  const value = Object.hasOwn(item, field) ? item[field] : undefined;
  if (typeof value === 'string' && value !== '') return value;
  const found = value === undefined ? `lacks "${field}"` : value === '' ? `has an empty "${field}"`
    : `has ${value === null ? 'null' : Array.isArray(value) ? 'a list' : `a value of type ${typeof value}`} as "${field}" instead of a string`;
  throw new CriaError('bad-input', `${where} ${found}.`, `${hintFor(format)} File: ${path}`);
}

/** Lines of a UTF-8 file. Split as bytes and decoded one by one, so that a decoding error has a line and memory stays small. */
async function* readLines(path: string, hint: string): AsyncGenerator<{ text: string; line: number }> {
  const decoder = new TextDecoder('utf-8', { fatal: true });
  let line = 0;
  let rest: Buffer[] = [];
  let restBytes = 0;

  const decode = (bytes: Buffer): { text: string; line: number } => {
    line++;
    try {
      return { text: decoder.decode(bytes), line };
    } catch (error) {
      throw new CriaError('bad-input', `${basename(path)}, line ${line} is not UTF-8 text.`, `${hint} File: ${path}`, { cause: error });
    }
  };
  const keep = (bytes: Buffer): void => {
    restBytes += bytes.length;
    if (restBytes > MAX_LINE_BYTES) {
      throw new CriaError('bad-input', `${basename(path)}, line ${line + 1} is longer than ${MAX_LINE_BYTES} bytes.`, `${hint} File: ${path}`);
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
