/**
 * Training the recipe's tokenizer and encoding a corpus with it, beside Hugging Face's tokenizers on the same files: rounds of both in
 * turn, medians. The text is the reference data's where it lies beside the checkout, else the demo's.
 */
import { existsSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { corpusFiles } from '../src/main/corpus/corpusFolder.ts';
import { encodeTextFile } from '../src/main/corpus/encode.ts';
import { loadTokenizer } from '../src/main/corpus/tokenizer.ts';
import { trainTokenizer } from '../src/main/corpus/trainTokenizer.ts';
import { makeDemoCorpus } from '../src/main/demo/nursery/makeDemoCorpus.ts';
import type { JobContext } from '../src/main/queue/jobContext.ts';
import { median, startPeer } from './peer.ts';
import type { BenchResult } from './result.ts';

const ROUNDS = 3;
const VOCABULARY = 16_000;

export async function benchTokenize(python: string | undefined): Promise<BenchResult[]> {
  const folder = mkdtempSync(join(tmpdir(), 'cria-bench-'));
  try {
    const context: JobContext = { signal: new AbortController().signal, folder, progress: () => {}, log: () => {}, metric: () => {}, report: () => {} };
    const shared = resolve(import.meta.dirname, '../../shared/data/babylm');
    const corpus = existsSync(shared) ? shared : (await makeDemoCorpus({ output: folder, seed: 1, words: 1_000_000 }, context)).corpus;
    const files = corpusFiles(corpus, ['.train']);
    const output = join(folder, 'tokenizer.json');
    const peer = python ? await startPeer(python, 'tokenizing.py', [String(VOCABULARY), ...files]) : null;

    const ours = { train: [] as number[], encode: [] as number[] };
    const theirs = { train: [] as number[], encode: [] as number[] };
    let tokens = 0;
    for (let round = 0; round < ROUNDS; round++) {
      ours.train.push(await secondsOf(() => trainTokenizer({ inputs: files, output, vocabSize: VOCABULARY, minFrequency: 2 }, context)));
      if (peer) theirs.train.push(((await peer.ask('train')) as { seconds: number }).seconds);
      const tokenizer = await loadTokenizer(output);
      tokens = 0;
      ours.encode.push(await secondsOf(async () => {
        for (const file of files) for await (const ids of encodeTextFile(file, tokenizer)) tokens += ids.length;
      }));
      if (peer) theirs.encode.push(((await peer.ask('encode')) as { seconds: number }).seconds);
    }
    await peer?.stop();

    const name = peer ? 'tokenizers (Python)' : null;
    const what = `${files.length} files of ${existsSync(shared) ? 'BabyLM' : 'the demo'}, ${VOCABULARY} tokens`;
    const ratio = (kind: 'train' | 'encode') => (peer ? median(theirs[kind]) / median(ours[kind]) : null);
    return [
      { case: `train a tokenizer: ${what}`, precision: '-', ours: median(ours.train), unit: 's', peer: name, ratio: ratio('train') },
      { case: `encode: ${what}`, precision: '-', ours: tokens / median(ours.encode), unit: 'tokens/s', peer: name, ratio: ratio('encode') },
      { case: 'peak memory of both', precision: '-', ours: process.resourceUsage().maxRSS / 1e6, unit: 'GB', peer: null, ratio: null },
    ];
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

async function secondsOf(action: () => Promise<unknown>): Promise<number> {
  const start = performance.now();
  await action();
  return (performance.now() - start) / 1000;
}
