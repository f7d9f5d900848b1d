/** The mixer: a training corpus drawn from several texts, by shares, with exactly as many words as the budget has. */
import { createHash } from 'node:crypto';
import { existsSync, statSync } from 'node:fs';
import { basename, join } from 'node:path';
import { CriaError } from '../../shared/errors.ts';
import type { JobParams, JobResults } from '../../shared/jobs.ts';
import type { MixResult } from '../../shared/results.ts';
import { streamFileAtomic, writeFolderAtomic, writeJsonAtomic } from '../disk/atomic.ts';
import type { JobContext } from '../queue/jobContext.ts';
import { Random } from '../random.ts';
import { firstWords, passages } from './passages.ts';
import { TextCounter } from './textCounter.ts';
import { readLfText } from './textFile.ts';

const PASSAGE_WORDS = 200;
const BLOCK_CHARACTERS = 1 << 18;
const RECORD = 'MIX.json';

interface Measured {
  words: number;
  sha256: string;
}

/**
 * Of each text its share of the words is drawn, passage by passage, in the order of the text; which ones follows from the seed. Two passes
 * over each text; memory does not grow with it.
 * @throws CriaError `bad-input` when a text has fewer words than its share asks for, or is no text; `exists`; `cancelled`
 */
export async function mix({ parts, words: budget, seed, output }: JobParams<'mix'>, context: JobContext): Promise<JobResults['mix']> {
  if (existsSync(output)) throw new CriaError('exists', `${output} exists already.`, 'Choose another name.');
  const sizes = parts.map(({ path }) => statSync(path).size);
  const total = 2 * sizes.reduce((sum, size) => sum + size, 0);
  let before = 0;
  const follow = (label: string, i: number) => ({ signal: context.signal, onBytes: (bytes: number) => context.progress({ label, done: before + bytes, total, unit: 'bytes', detail: parts[i]!.name }) });

  const measured: Measured[] = [];
  for (const [i, { path }] of parts.entries()) {
    measured.push(await measure(path, follow('Counting words', i)));
    before += sizes[i]!;
  }
  const quotas = divide(budget, parts.map(({ share }) => share));
  refuseShort(parts, quotas, measured);

  const result: MixResult = { output, words: budget, budget, seed, parts: [] };
  await writeFolderAtomic(output, async (folder) => {
    for (const [i, part] of parts.entries()) {
      await draw(part.path, join(folder, part.name), quotas[i]!, measured[i]!.words, new Random(seed, `mix ${part.name}`), follow('Mixing', i));
      before += sizes[i]!;
      result.parts.push({ file: part.name, source: part.path, words: quotas[i]!, sourceWords: measured[i]!.words, sourceSha256: measured[i]!.sha256 });
    }
    writeJsonAtomic(join(folder, RECORD), { ...result, output: undefined, parts: result.parts.map((part) => ({ ...part, source: basename(part.source) })) });
  });
  return result;
}

type Follow = { signal: AbortSignal; onBytes: (bytes: number) => void };

async function measure(path: string, options: Follow): Promise<Measured> {
  const counter = new TextCounter();
  const hash = createHash('sha256');
  for await (const piece of readLfText(path, { ...options, onChunk: (bytes) => hash.update(bytes) })) counter.add(piece);
  return { words: counter.words, sha256: hash.digest('hex') };
}

/** Whole numbers in the proportion of the shares that add up to the budget: what rounding down leaves goes to the largest remainders. */
export function divide(budget: number, shares: readonly number[]): number[] {
  const sum = shares.reduce((total, share) => total + share, 0);
  const exact = shares.map((share) => (budget * share) / sum);
  const quotas = exact.map(Math.floor);
  const order = exact.map((value, i) => ({ i, rest: value - quotas[i]! })).sort((a, b) => b.rest - a.rest || a.i - b.i);
  for (let left = budget - quotas.reduce((total, quota) => total + quota, 0), at = 0; left > 0; left--, at++) quotas[order[at % order.length]!.i]!++;
  return quotas;
}

function refuseShort(parts: JobParams<'mix'>['parts'], quotas: readonly number[], measured: readonly Measured[]): void {
  const short = parts.flatMap(({ name }, i) => (measured[i]!.words < quotas[i]! ? [`${name} has ${measured[i]!.words.toLocaleString('en-US')} words and would have to give ${quotas[i]!.toLocaleString('en-US')}`] : []));
  if (short.length) throw new CriaError('bad-input', `${short.join('; ')}.`, 'Lower its share or the number of words, or add text; nothing is repeated to fill a budget.');
}

/**
 * Selection sampling (Knuth, TAOCP 2, 3.4.2, algorithm S), weighted by words: a passage is taken with the probability of the words still
 * needed among those still to come, so that the quota is met with the last of them and no part of the text is favoured.
 */
async function draw(source: string, target: string, quota: number, available: number, random: Random, options: Follow): Promise<void> {
  let needed = quota;
  let left = available;
  let block = '';
  await streamFileAtomic(target, async (append) => {
    for await (const { text, words } of passages(readLfText(source, options), PASSAGE_WORDS)) {
      // A line without words goes with the one before it, or not at all.
      // Without one whose words would then be missing at the end, the quota could not be met any more.
      const isTaken = words > 0 && (random.uniform() * left < needed || left - words < needed);
      left -= words;
      if (!isTaken) continue;
      const taken = words <= needed ? text : firstWords(text, needed);
      needed -= Math.min(words, needed);
      // What is cut out of a longer line becomes one of its own.
      block += taken.endsWith('\n') ? taken : `${taken.trimEnd()}\n`;
      if (block.length < BLOCK_CHARACTERS) continue;
      await append(block);
      block = '';
    }
    await append(block);
  });
}
