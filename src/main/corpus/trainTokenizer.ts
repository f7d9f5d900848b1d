/** Training a tokenizer by the recipe. */
import { createHash } from 'node:crypto';
import { statSync } from 'node:fs';
import { setImmediate } from 'node:timers/promises';
import type { JobParams } from '../../shared/jobs.ts';
import type { TokenizerResult } from '../../shared/results.ts';
import { writeFileAtomic } from '../disk/atomic.ts';
import type { JobContext } from '../queue/jobContext.ts';
import { learnBpe } from './bpe.ts';
import { corpusFiles } from './corpusFolder.ts';
import { throwIfCancelled } from './textFile.ts';
import { tokenizerJson } from './tokenizerFile.ts';
import { WordCounts } from './wordCounts.ts';

/** In the order of their ids: padding, start and end of a text. */
export const SPECIAL_TOKENS = ['<pad>', '<s>', '</s>'] as const;

/**
 * Trains a byte-level BPE (NFKC, GPT-2's words, prefix space) on files, or on the `.train` files of folders, and writes it as a
 * tokenizer.json. Same files, same bytes as Hugging Face's `tokenizers` writes. The text is read as it is: clean it first.
 *
 * @throws CriaError `bad-input` when a file is not text or a folder has no `.train` files; `cancelled`
 */
export async function trainTokenizer(params: JobParams<'tokenizer'>, context: JobContext): Promise<TokenizerResult> {
  const files = params.inputs.flatMap((input) =>
    statSync(input, { throwIfNoEntry: false })?.isFile() ? [input] : corpusFiles(input, ['.train']),
  );
  const sizes = files.map((file) => statSync(file).size);
  const total = sizes.reduce((sum, size) => sum + size, 0);
  const words = new WordCounts();
  const trainedOn: TokenizerResult['trainedOn'] = [];
  let before = 0;
  for (const [i, file] of files.entries()) {
    const hash = createHash('sha256');
    const done = before;
    await words.addFile(file, {
      signal: context.signal,
      onChunk: (bytes) => hash.update(bytes),
      onBytes: (bytes) => context.progress({ label: 'Counting words', done: done + bytes, total, unit: 'bytes' }),
    });
    trainedOn.push({ file, bytes: sizes[i]!, sha256: hash.digest('hex') });
    before += sizes[i]!;
  }

  const bpe = await learnBpe(words.counts, {
    vocabSize: params.vocabSize,
    minFrequency: params.minFrequency,
    specialTokens: SPECIAL_TOKENS,
    onProgress: async (size) => {
      await setImmediate(); // Lets a request to stop arrive.
      throwIfCancelled(context.signal);
      context.progress({ label: 'Learning merges', done: size, total: params.vocabSize, unit: 'tokens' });
    },
  });
  if (bpe.vocab.length < params.vocabSize) {
    context.log('warning', `The text only gives ${bpe.vocab.length} tokens of the ${params.vocabSize} asked for: ` +
      `no further pair occurs ${params.minFrequency} times.`);
  }
  const json = tokenizerJson(bpe, SPECIAL_TOKENS);
  writeFileAtomic(params.output, (append) => append(json));
  return {
    output: params.output,
    sha256: createHash('sha256').update(json).digest('hex'),
    vocabSize: bpe.vocab.length,
    merges: bpe.merges.length,
    trainedOn,
  };
}
