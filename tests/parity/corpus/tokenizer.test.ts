/** Tokenizer training and encoding against Hugging Face's `tokenizers`. */
import { createHash } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { gunzipSync } from 'node:zlib';
import { describe, expect, it } from 'vitest';
import { cleanFile } from '../../../src/main/corpus/clean.ts';
import { encodeFile } from '../../../src/main/corpus/encode.ts';
import { loadTokenizer } from '../../../src/main/corpus/tokenizer.ts';
import { trainTokenizer } from '../../../src/main/corpus/trainTokenizer.ts';
import { RecordingContext, temporaryFolder } from '../../support/jobContext.ts';
import { hasShared, sharedPath } from '../../support/shared.ts';

const fixture = (name: string): string => sharedPath('fixtures', 'tokenizer', name);
const TOKENIZERS = {
  t4000: ['fixtures/tokenizer/tokenizer_4000.json', null],
  t4000_noprefix: ['fixtures/tokenizer/tokenizer_4000.json', false],
  t1000: ['fixtures/tokenizer/tokenizer_small_1000.json', null],
  babyllama16000: ['data/tokenizers/gpt-clean-16000.json', null],
  babyllama16000_noprefix: ['data/tokenizers/gpt-clean-16000.json', false],
} as const;
type Name = keyof typeof TOKENIZERS;
const load = (name: Name): ReturnType<typeof loadTokenizer> =>
  loadTokenizer(sharedPath(TOKENIZERS[name][0]), { addPrefixSpace: TOKENIZERS[name][1] });

type Line = Record<Name, number[]> & { text: string; nfkc: string; t4000_decoded: string; t4000_decoded_skip: string };

describe.skipIf(!hasShared)('the reference tokenizers', () => {
  it('are trained byte for byte', async () => {
    const output = join(temporaryFolder(), 'tokenizer.json');
    await trainTokenizer({ inputs: [fixture('small_corpus.txt')], output, vocabSize: 1000, minFrequency: 2 }, new RecordingContext());
    expect(readFileSync(output, 'utf8')).toBe(readFileSync(fixture('tokenizer_small_1000.json'), 'utf8'));
  });

  it.each(Object.keys(TOKENIZERS) as Name[])('encode every line to the same ids: %s', async (name) => {
    const lines = gunzipSync(readFileSync(fixture('encodings.jsonl.gz'))).toString().trimEnd().split('\n').map((line) => JSON.parse(line) as Line);
    expect(lines).toHaveLength(507);
    const tokenizer = await load(name);
    for (const line of lines) {
      expect(tokenizer.encode(line.text), line.text).toEqual(line[name]);
      if (name !== 't4000') continue;
      expect(tokenizer.decode(line.t4000)).toBe(line.t4000_decoded);
      expect(tokenizer.decode(line.t4000, { skipSpecialTokens: true })).toBe(line.t4000_decoded_skip);
    }
  });

  it('have the published ids', async () => {
    const tokenizer = await load('babyllama16000');
    const ids = [295, 1993, 4629, 9277, 366, 8876, 574, 210, 12889, 2415, 16];
    expect(tokenizer.encode('The quick brown fox jumps over the lazy dog.')).toEqual(ids);
    expect(tokenizer.decode(ids)).toBe(' The quick brown fox jumps over the lazy dog.');
    expect(tokenizer.vocabSize).toBe(16_000);
  });

  it.each(['aochildes.train', 'switchboard.train'])('encode whole documents to the same ids: %s', async (file) => {
    const expected = JSON.parse(readFileSync(fixture('document_encodings.json'), 'utf8')) as Record<string, { n: number; sha256_uint16le: string }>;
    const folder = temporaryFolder();
    const cleaned = join(folder, file);
    await cleanFile(sharedPath('data', 'babylm-2023', file), cleaned, file.split('.')[0]!);
    for (const name of ['t4000_noprefix', 'babyllama16000_noprefix'] as const) {
      const output = join(folder, 'ids');
      const tokenizer = sharedPath(TOKENIZERS[name][0]);
      const { tokens } = await encodeFile({ input: cleaned, tokenizer, addPrefixSpace: false, output }, new RecordingContext());
      expect(tokens).toBe(expected[`${file}|${name}`]!.n);
      expect(createHash('sha256').update(readFileSync(output)).digest('hex')).toBe(expected[`${file}|${name}`]!.sha256_uint16le);
    }
  });
});
