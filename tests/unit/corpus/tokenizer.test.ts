import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import fc from 'fast-check';
import { Tokenizer as Library, byteLevelPreTokenizer, nfkcNormalizer } from 'tokenizers';
import { describe, expect, it } from 'vitest';
import { lastSafeCut, normalizedWords, safePieces, symbolsOfText } from '../../../src/main/corpus/byteLevel.ts';
import { encodeFile } from '../../../src/main/corpus/encode.ts';
import { loadTokenizer } from '../../../src/main/corpus/tokenizer.ts';
import { trainTokenizer } from '../../../src/main/corpus/trainTokenizer.ts';
import { RecordingContext, temporaryFolder } from '../../support/jobContext.ts';

interface Oracle {
  text: string;
  vocab_130: string;
  vocab_260: string;
  encodings: { text: string; prefix: number[]; plain: number[]; decoded: string; skipped: string }[];
}
/** What Hugging Face's tokenizers made of sentences of our own; see make_corpus.py beside it. */
const oracle = JSON.parse(readFileSync(join(import.meta.dirname, '../../oracles/corpus.json'), 'utf8')) as Oracle;

function oraclePath(json = oracle.vocab_260): string {
  const path = join(temporaryFolder(), 'tokenizer.json');
  writeFileSync(path, json);
  return path;
}

describe('training', () => {
  it.each([[130, oracle.vocab_130], [260, oracle.vocab_260]])('writes the file that Hugging Face writes: %i tokens', async (vocabSize, expected) => {
    const folder = temporaryFolder();
    writeFileSync(join(folder, 'nursery.train'), oracle.text);
    writeFileSync(join(folder, 'nursery.dev'), 'not trained on');
    const context = new RecordingContext();
    const output = join(folder, 'out', 'tokenizer.json');
    const result = await trainTokenizer({ inputs: [folder], output, vocabSize, minFrequency: 2 }, context);
    expect(readFileSync(output, 'utf8')).toBe(expected);
    expect(result.trainedOn.map(({ bytes }) => bytes)).toEqual([Buffer.byteLength(oracle.text)]);
    const { model } = JSON.parse(expected) as { model: { vocab: Record<string, number>; merges: unknown[] } };
    expect([result.vocabSize, result.merges]).toEqual([Object.keys(model.vocab).length, model.merges.length]);
    expect(context.logged.map(({ level }) => level)).toEqual(result.vocabSize < vocabSize ? ['warning'] : []);
  });

  it('stops between merges when asked, and writes nothing', async () => {
    const folder = temporaryFolder();
    // Many words of three letters, so that there are more merges than pass between two looks at the signal.
    const letters = [...'abcdefghijkl'];
    writeFileSync(join(folder, 'a.train'), letters.flatMap((a) => letters.flatMap((b) => letters.map((c) => `${a}${b}${c} `.repeat(3)))).join(''));
    const context = new RecordingContext();
    const progress = context.progress.bind(context);
    context.progress = (step) => {
      progress(step);
      if (step.label === 'Learning merges') context.stop.abort();
    };
    const output = join(folder, 'tokenizer.json');
    await expect(trainTokenizer({ inputs: [folder], output, vocabSize: 1000, minFrequency: 2 }, context)).rejects.toMatchObject({ code: 'cancelled' });
    expect(context.progressed.filter(({ label }) => label === 'Learning merges')).toHaveLength(1);
    expect(existsSync(output)).toBe(false);
  });

  it('refuses a folder without .train files, a missing input and text that is none', async () => {
    const folder = temporaryFolder();
    const train = (input: string): Promise<unknown> =>
      trainTokenizer({ inputs: [input], output: join(folder, 't.json'), vocabSize: 300, minFrequency: 2 }, new RecordingContext());
    writeFileSync(join(folder, 'a.txt'), 'text');
    await expect(train(folder)).rejects.toMatchObject({ code: 'bad-input', message: expect.stringContaining('.train') as string });
    await expect(train(join(folder, 'b'))).rejects.toMatchObject({ code: 'not-found' });
    writeFileSync(join(folder, 'b'), Buffer.from([0x61, 0xff]));
    await expect(train(join(folder, 'b'))).rejects.toThrow(/byte 1 /);
  });
});

describe('encoding and decoding', () => {
  it('gives the ids and texts that Hugging Face gives', async () => {
    const path = oraclePath();
    const prefix = await loadTokenizer(path, { addPrefixSpace: null });
    const plain = await loadTokenizer(path);
    expect([prefix.addPrefixSpace, plain.addPrefixSpace]).toEqual([true, false]);
    for (const expected of oracle.encodings) {
      expect(prefix.encode(expected.text), expected.text).toEqual(expected.prefix);
      expect(plain.encode(expected.text), expected.text).toEqual(expected.plain);
      expect(plain.decode(expected.plain)).toBe(expected.decoded);
      expect(plain.decode(expected.plain, { skipSpecialTokens: true })).toBe(expected.skipped);
    }
    expect([plain.pad, plain.bos, plain.eos]).toEqual([0, 1, 2]);
    expect(plain.idToToken(1)).toBe('<s>');
    expect(plain.tokenToId('no such token')).toBeNull();
    expect(plain.idToToken(plain.vocabSize)).toBeNull();
  });

  it('reads merges in the old form', async () => {
    const file = JSON.parse(oracle.vocab_260) as { model: { merges: unknown } };
    file.model.merges = (file.model.merges as string[][]).map((pair) => pair.join(' '));
    const old = await loadTokenizer(oraclePath(JSON.stringify(file)));
    for (const { text, plain } of oracle.encodings) expect(old.encode(text)).toEqual(plain);
  });

  /** Words, spaces, literals and odd characters, so that most of what a tokenizer looks at turns up. */
  const scrap = fc.oneof(
    fc.constantFrom('llama', ' little', ' ', '  ', '\n', '\r\n', '\t', '\xa0', '\u3000', "'s", "'t", "'", '<s>', '</s>', '<pad>', '<', '.', '...', '12', '½', 'ﬁ', 'e\u0301', '\u0301', 'é', '日本', '😀', '\u32ff', '\ufeff', '\x85'),
    fc.string({ unit: 'binary', maxLength: 4 }),
  );
  const text = fc.array(scrap, { maxLength: 25 }).map((scraps) => scraps.join('').toWellFormed());

  it.each([
    ['as trained', (file: Record<string, unknown>) => file],
    ['without a normaliser', (file: Record<string, unknown>) => ({ ...file, normalizer: null })],
    ['with literals matched after normalisation', (file: { added_tokens: object[] }) => ({
      ...file, added_tokens: file.added_tokens.map((token) => ({ ...token, normalized: true })),
    })],
    ["with Llama 3's way to cut", (file: { pre_tokenizer: object }) => ({
      ...file,
      normalizer: null,
      pre_tokenizer: {
        type: 'Sequence',
        pretokenizers: [
          { type: 'Split', pattern: { Regex: "(?i:'s|'t)|[^\\r\\n\\p{L}\\p{N}]?\\p{L}+|\\p{N}{1,3}| ?[^\\s\\p{L}\\p{N}]+[\\r\\n]*|\\s*[\\r\\n]+|\\s+(?!\\S)|\\s+" }, behavior: 'Isolated', invert: false },
          { ...file.pre_tokenizer, add_prefix_space: false, use_regex: false },
        ],
      },
    })],
  ])('equals the library on any text: %s', async (_, change) => {
    const json = JSON.stringify((change as (file: unknown) => unknown)(JSON.parse(oracle.vocab_260)));
    const ours = await loadTokenizer(oraclePath(json), { addPrefixSpace: null });
    const library = Library.fromString(json);
    await fc.assert(
      fc.asyncProperty(text, async (sample) => {
        expect(ours.encode(sample)).toEqual((await library.encode(sample, null, { addSpecialTokens: false })).getIds());
      }),
      { numRuns: 400 },
    );
  });

  it('gives back a text of known characters', async () => {
    const tokenizer = await loadTokenizer(oraclePath());
    const known = fc.array(fc.constantFrom(...'The litllama wooknd\n\t.,\'"', ' little', '—', 'é'), { maxLength: 40 }).map((parts) => parts.join(''));
    fc.assert(fc.property(known, (sample) => {
      expect(tokenizer.decode(tokenizer.encode(sample))).toBe(sample.normalize('NFKC'));
    }));
  });

  it.each([true, false])('gives a text in safe pieces the ids of the whole: prefix space %s', async (addPrefixSpace) => {
    const tokenizer = await loadTokenizer(oraclePath(), { addPrefixSpace });
    expect(tokenizer.canEncodePieces).toBe(true);
    let cuts = 0;
    fc.assert(fc.property(fc.array(text, { maxLength: 8 }), fc.integer({ min: 1, max: 20 }), (parts, size) => {
      const whole = parts.join(' ');
      const pieces = [...safePieces(whole, size)];
      cuts += pieces.length - 1;
      expect(pieces.join('')).toBe(whole);
      expect(pieces.flatMap((piece) => tokenizer.encode(piece))).toEqual(tokenizer.encode(whole));
    }), { numRuns: 300 });
    expect(cuts).toBeGreaterThan(100);
  });

  it('normalises and cuts settled characters as the library does', () => {
    const normalizer = nfkcNormalizer();
    const cutter = byteLevelPreTokenizer(false, true);
    const between = (first: number, last: number): fc.Arbitrary<string> => fc.integer({ min: first, max: last }).map((code) => String.fromCodePoint(code));
    const character = fc.oneof(
      between(1, 0x4ff), between(0x300, 0x36f), between(0x1100, 0x11ff), between(0x1e00, 0x1fff), between(0x2000, 0x2064), between(0x2100, 0x218b),
      between(0x3000, 0x30ff), between(0xac00, 0xd7a3), between(0xff01, 0xffee), between(0x1f300, 0x1faff),
    );
    fc.assert(fc.property(fc.array(character, { maxLength: 10 }).map((all) => all.join('')), (sample) => {
      const expected = cutter.preTokenizeString(normalizer.normalizeString(sample)).map(([symbols]) => symbols);
      expect(normalizedWords(sample, false).map(symbolsOfText)).toEqual(expected);
    }), { numRuns: 3000 });
  });

  it('never cuts within white space or after a character that may change', () => {
    expect(lastSafeCut('a  b')).toBe(1);
    expect(lastSafeCut('é b\n c ')).toBe(6);
    expect(lastSafeCut(' b')).toBe(-1);
    expect(lastSafeCut('')).toBe(-1);
  });
});

describe('encoding a file', () => {
  it.each([[false, 2], [true, 2], [false, 4]] as const)('gives the ids of one call: prefix space %s, %i bytes an id', async (addPrefixSpace, bytes) => {
    const folder = temporaryFolder();
    const input = join(folder, 'text');
    const content = 'The little llama\r\nlooked at the owl’s wool 😀 <s>\n'.repeat(25_000);
    writeFileSync(input, content);
    const file = JSON.parse(oracle.vocab_260) as { model: { vocab: Record<string, number> } };
    if (bytes === 4) file.model.vocab.far = 70_000;
    const tokenizer = oraclePath(JSON.stringify(file));
    const output = join(folder, 'ids');
    const result = await encodeFile({ input, tokenizer, addPrefixSpace, output }, new RecordingContext());
    const expected = (await loadTokenizer(tokenizer, { addPrefixSpace })).encode(content.replaceAll('\r\n', '\n'));
    expect(result).toEqual({ output, tokens: expected.length, bytesPerToken: bytes });
    const ids = (bytes === 2 ? Uint16Array : Uint32Array).from(expected);
    expect(readFileSync(output).equals(new Uint8Array(ids.buffer))).toBe(true);
  });
});

it.each<[string, (file: { model: Record<string, unknown>; added_tokens: Record<string, unknown>[] }) => unknown, RegExp]>([
  ['not JSON', () => undefined, /is not JSON/],
  ['of another kind', (file) => ({ ...file, model: { type: 'Unigram', vocab: [] } }), /model\.type/],
  ['without a vocabulary', (file) => ({ ...file, model: { ...file.model, vocab: undefined } }), /model\.vocab/],
  ['of merges of unknown tokens', (file) => ({ ...file, model: { ...file.model, merges: [['l', 'zz']] } }), /"zz", which the vocabulary lacks/],
  ['of merges that are none', (file) => ({ ...file, model: { ...file.model, merges: ['l l a'] } }), /model\.merges\.0/],
  ['of literals that eat spaces', (file) => ({ ...file, added_tokens: [{ ...file.added_tokens[0], lstrip: true }] }), /added_tokens\.0\.lstrip/],
])('refuses a tokenizer file that is %s', async (_, change, message) => {
  const json = JSON.stringify(change(JSON.parse(oracle.vocab_260) as Parameters<typeof change>[0])) ?? 'llama';
  await expect(loadTokenizer(oraclePath(json))).rejects.toMatchObject({ code: 'bad-input', message: expect.stringMatching(message) as string });
});

it('says where it looked for a tokenizer', async () => {
  await expect(loadTokenizer('/no/such/tokenizer.json')).rejects.toMatchObject({ code: 'not-found', message: expect.stringContaining('/no/such') as string });
});
