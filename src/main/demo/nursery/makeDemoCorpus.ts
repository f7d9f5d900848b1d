/** The demo's corpus: a small nursery English in five of BabyLM's domains, written by a grammar, as raw as those are. */
import { mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { setImmediate } from 'node:timers/promises';
import { CriaError } from '../../../shared/errors.ts';
import type { JobParams } from '../../../shared/jobs.ts';
import type { DemoCorpusResult } from '../../../shared/results.ts';
import { writeFileAtomic } from '../../disk/atomic.ts';
import type { JobContext } from '../../queue/jobContext.ts';
import { Random } from '../../random.ts';
import { Grammar } from './sampler.ts';
import { readLexicon } from './words.ts';
import { makePairs } from './minimalPairs.ts';
import { capitalise, print, spell } from './print.ts';

interface Domain {
  name: string;
  /** Rule of the grammar that a piece of it is drawn from. */
  rule: string;
  /** Share of the corpus's words. */
  share: number;
  /** From the grammar's spaced tokens to the domain's raw form, so that cleaning has something to do. */
  raw: (text: string, index: number, grammar: Grammar) => string;
}

const lines = (text: string) => text.split(' / ');

const DOMAINS: readonly Domain[] = [
  { name: 'children_stories', rule: 'story', share: 0.3, raw: (text) => `${print(text)}\n` },
  // The Children's Book Test comes in tokens, with spaces around them.
  { name: 'cbt', rule: 'story', share: 0.15, raw: (text) => `${capitalise(spell(text)).replace(/[“”]/g, '"')}\n` },
  { name: 'aochildes', rule: 'talk', share: 0.25, raw: (text) => lines(text).map((line) => `${spell(line)}\n`).join('') },
  {
    name: 'open_subtitles',
    rule: 'scene',
    share: 0.15,
    raw: (text, index, grammar) => `${index % 40 === 7 ? `${grammar.sample('credit')}\n` : ''}${lines(text).map((line) => `${print(line)}\n`).join('')}`,
  },
  // The article's end keeps a space: cleaning takes the empty line out, newlines and all.
  { name: 'simple_wikipedia', rule: 'article', share: 0.15, raw: (text) => `${print(text)} \n\n` },
];

/** Share of the words that the .dev files get beside the .train files. */
const HELD_OUT_SHARE = 0.08;
const PAIRS_PER_PARADIGM = 100;

/**
 * Writes `<output>/raw/<domain>.train|.dev` and `<output>/pairs/demo/<paradigm>.jsonl`.
 * @throws CriaError `cancelled`
 */
export async function makeDemoCorpus({ output, seed, words }: JobParams<'demo-corpus'>, context: JobContext): Promise<DemoCorpusResult> {
  const raw = join(output, 'raw');
  const pairFolder = join(output, 'pairs', 'demo');
  for (const folder of [raw, pairFolder]) mkdirSync(folder, { recursive: true, mode: 0o700 });
  const seen = new Set<string>();
  let total = 0;
  for (const domain of DOMAINS) {
    for (const [suffix, share] of [['train', 1], ['dev', HELD_OUT_SHARE]] as const) {
      const grammar = new Grammar(readLexicon(), new Random(seed, `${domain.name}.${suffix}`));
      const pieces: string[] = [];
      const wanted = words * domain.share * share;
      for (let written = 0; written < wanted; ) {
        if (context.signal.aborted) throw new CriaError('cancelled', 'Writing the demo\'s corpus was stopped.');
        const text = grammar.sample(domain.rule);
        for (const line of lines(text)) for (const sentence of print(line).match(/[^.!?]+[.!?]/g) ?? []) seen.add(sentence.trim());
        pieces.push(domain.raw(text, pieces.length, grammar));
        written += text.split(' ').length;
        if (pieces.length % 200 === 0) {
          context.progress({ label: 'Writing the corpus', done: Math.min(words, Math.round(total + written)), total: words, unit: 'words' });
          await setImmediate(); // Lets a request to stop arrive.
        }
      }
      if (suffix === 'train') total += wanted;
      writeFileAtomic(join(raw, `${domain.name}.${suffix}`), (append) => append(pieces.join('')));
    }
  }
  let pairCount = 0;
  for (const [UID, pairs] of makePairs(seed, PAIRS_PER_PARADIGM, seen)) {
    writeFileAtomic(join(pairFolder, `${UID}.jsonl`), (append) => append(pairs.map((pair) => `${JSON.stringify(pair)}\n`).join('')));
    pairCount += pairs.length;
  }
  context.progress({ label: 'Writing the corpus', done: words, total: words, unit: 'words' });
  return { corpus: raw, pairs: join(output, 'pairs'), words: Math.round(total), pairCount };
}
