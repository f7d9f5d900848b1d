/** The words that EWoK's items may consist of: a list of them, or those of a corpus. */
import { createHash } from 'node:crypto';
import { createReadStream, existsSync, readdirSync, statSync } from 'node:fs';
import { basename, join } from 'node:path';
import { createInterface } from 'node:readline';
import { setImmediate } from 'node:timers/promises';
import { CriaError } from '../../../shared/errors.ts';
import type { Progress } from '../../../shared/progress.ts';
import { readLfText } from '../../corpus/textFile.ts';
import { writeFileAtomic } from '../../disk/atomic.ts';
import { wordTokenize } from './wordTokenize.ts';

export interface VocabularyOptions {
  signal?: AbortSignal;
  onProgress?: (progress: Progress) => void;
  /** Where the words of corpora are kept, so that a corpus is read once; left out: nowhere. */
  cacheFolder?: string;
}

/** Where a workspace keeps the words of its corpora. */
export const vocabularyFolder = (corpora: string): string => join(corpora, 'vocabularies');

/** Suffixes of text to take words from; any other file is a list with a word a line. */
const TEXT = /\.(train|dev|test)$/;

/**
 * Reads a vocabulary.
 * @param path a file with a word a line; or a text file (.train, .dev, .test) or a folder of .train files, whose words in lower case it is
 * @throws CriaError `not-found` for a folder without text, `bad-input` for a damaged file or an empty list, `cancelled`
 */
export async function loadVocabulary(path: string, options: VocabularyOptions = {}): Promise<Set<string>> {
  const isFolder = statSync(path).isDirectory();
  const texts = isFolder ? readdirSync(path).filter((name) => name.endsWith('.train')).sort().map((name) => join(path, name)) : TEXT.test(path) ? [path] : [];
  if (isFolder && texts.length === 0) throw new CriaError('not-found', `${path} holds no .train file to take words from.`, 'Give a corpus folder, a text file, or a file with a word a line.');
  const vocabulary = texts.length > 0 ? await cachedWords(texts, options) : await wordsOfList(path);
  if (vocabulary.size === 0) throw new CriaError('bad-input', `${path} holds no words.`, 'Give a file with a word a line, or a corpus.');
  return vocabulary;
}

async function wordsOfList(path: string): Promise<Set<string>> {
  const words = new Set<string>();
  for await (const line of createInterface({ input: createReadStream(path, 'utf8'), crlfDelay: Infinity })) {
    const word = line.trim();
    if (word !== '') words.add(word);
  }
  return words;
}

async function cachedWords(paths: readonly string[], options: VocabularyOptions): Promise<Set<string>> {
  if (options.cacheFolder === undefined) return wordsOfTexts(paths, options);
  const key = createHash('sha256').update(JSON.stringify(paths.map((path) => [path, statSync(path).size, statSync(path).mtimeMs]))).digest('hex');
  const cached = join(options.cacheFolder, `${key}.txt`);
  if (existsSync(cached)) return wordsOfList(cached);
  const words = await wordsOfTexts(paths, options);
  writeFileAtomic(cached, (append) => append(`${[...words].sort().join('\n')}\n`));
  return words;
}

async function wordsOfTexts(paths: readonly string[], { signal, onProgress }: VocabularyOptions): Promise<Set<string>> {
  const words = new Set<string>();
  const total = paths.reduce((sum, path) => sum + statSync(path).size, 0);
  let before = 0;
  for (const path of paths) {
    const onBytes = (done: number) => onProgress?.({ label: 'Collecting the vocabulary', done: before + done, total, unit: 'bytes', detail: basename(path) });
    for await (const passage of passages(readLfText(path, { ...(signal ? { signal } : {}), onBytes }))) {
      for (const word of wordTokenize(passage.toLowerCase())) words.add(word);
      await setImmediate(); // Lets a request to stop arrive.
    }
    before += statSync(path).size;
  }
  return words;
}

const PASSAGE = 1 << 16;

/** Text in passages that end with a line or, where lines are long, with a word. */
async function* passages(pieces: AsyncIterable<string>): AsyncGenerator<string> {
  let rest = '';
  for await (const piece of pieces) {
    rest += piece;
    while (rest.length > PASSAGE) {
      const end = [rest.lastIndexOf('\n', PASSAGE), rest.lastIndexOf(' ', PASSAGE)].find((place) => place > 0) ?? PASSAGE;
      yield rest.slice(0, end + 1);
      rest = rest.slice(end + 1);
    }
  }
  if (rest !== '') yield rest;
}
