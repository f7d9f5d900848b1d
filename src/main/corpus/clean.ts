/** Cleaning a folder of BabyLM text. */
import { realpathSync, statSync } from 'node:fs';
import { basename, extname, join, resolve } from 'node:path';
import { CriaError } from '../../shared/errors.ts';
import type { JobParams } from '../../shared/jobs.ts';
import type { CleanedFile, CleanResult } from '../../shared/results.ts';
import { streamFileAtomic } from '../disk/atomic.ts';
import type { JobContext } from '../queue/jobContext.ts';
import { corpusFiles } from './corpusFolder.ts';
import { KNOWN_DOMAINS, domainOf, endAll, pushThrough, rulesOf } from './domains.ts';
import { TextCounter } from './textCounter.ts';
import { UniversalNewlines } from './rules/newlines.ts';
import { emptyFile, readLfText, type ReadOptions } from './textFile.ts';

/**
 * Cleans every `<domain>.train` and `<domain>.dev` of a folder, or the files given, into files of those names. Each file is replaced as a whole
 * when it is done, so that a job that is stopped leaves finished files and no halves.
 *
 * @throws CriaError `bad-input` for a file that is empty, binary or not UTF-8, and when input and output are one folder
 */
export async function clean(params: JobParams<'clean'>, context: JobContext): Promise<CleanResult> {
  const sources = params.files ?? corpusFiles(params.input, ['.train', '.dev']).map((path) => ({ path, name: basename(path) }));
  if (samePlace(params.input, params.output)) {
    throw new CriaError('bad-input', `Input and output are the same folder, ${params.output}; the raw text would be lost.`,
      'Give another folder for the cleaned text, e.g. one that ends with _clean.');
  }
  const sizes = sources.map(({ path }) => statSync(path).size);
  sources.forEach(({ path }, i) => {
    if (sizes[i] === 0) throw emptyFile(path);
  });

  const total = sizes.reduce((sum, size) => sum + size, 0);
  const warnings: string[] = [];
  const files: CleanedFile[] = [];
  let before = 0;
  for (const [i, { path, name }] of sources.entries()) {
    const stem = basename(name, extname(name));
    const domain = domainOf(stem);
    if (domain === null) {
      warnings.push(`${name}: unknown domain "${stem}", passed through uncleaned (known: ${KNOWN_DOMAINS.join(', ')}).`);
      context.log('warning', warnings.at(-1)!);
    } else if (domain !== stem) {
      context.log('info', `${name}: cleaned by the rules of ${domain}.`);
    }
    const done = before;
    files.push(await cleanFile(path, join(params.output, name), domain, {
      signal: context.signal,
      onBytes: (bytes) => context.progress({ label: 'Cleaning', done: done + bytes, total, unit: 'bytes', detail: name }),
    }));
    before += sizes[i]!;
  }
  return { output: params.output, files, warnings };
}

/**
 * Cleans one file by a domain's rules; null passes it through. Memory does not grow with the file or its lines.
 * Lengths are counted as Python's read_text sees them, after `\r\n` has become `\n`.
 */
export async function cleanFile(source: string, target: string, domain: string | null, options: ReadOptions = {}): Promise<CleanedFile> {
  const newlines = new UniversalNewlines();
  const rules = rulesOf(domain);
  const before = new TextCounter();
  const after = new TextCounter();
  const scan = rules[0]?.scan;
  if (scan) {
    for await (const piece of readLfText(source, { ...options, onBytes: () => {} })) scan.push(piece);
    scan.end();
  }
  await streamFileAtomic(target, async (append) => {
    const give = async (text: string): Promise<void> => {
      after.add(text);
      if (text.length > 0) await append(text);
    };
    for await (const piece of readLfText(source, options, newlines)) {
      before.add(piece);
      await give(pushThrough(rules, piece));
    }
    await give(endAll(rules));
  });
  const logs = [...newlines.logs.filter((log) => log.changes > 0), ...rules.flatMap((rule) => rule.logs)];
  return {
    file: basename(source),
    domain,
    codePointsBefore: before.codePoints,
    codePointsAfter: after.codePoints,
    words: after.words,
    rules: logs.map(({ rule, changes, codePointsRemoved, examples }) => ({ rule, changes, codePointsRemoved, examples: [...examples] })),
  };
}

function samePlace(input: string, output: string): boolean {
  const real = (path: string): string => (statSync(path, { throwIfNoEntry: false }) ? realpathSync(path) : resolve(path));
  return real(input) === real(output);
}
