import { mkdirSync, mkdtempSync, readFileSync, readdirSync, rmSync, truncateSync, utimesSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import fc from 'fast-check';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { ensureTokenFile } from '../../../src/main/corpus/tokenCache.ts';
import { TokenFile, buildTokenFile, readSources } from '../../../src/main/corpus/tokenFile.ts';
import { loadTokenizer, type Tokenizer } from '../../../src/main/corpus/tokenizer.ts';
import { RecordingContext, temporaryFolder } from '../../support/jobContext.ts';

const folderOfTokenizer = mkdtempSync(join(tmpdir(), 'cria-test-'));
afterAll(() => rmSync(folderOfTokenizer, { recursive: true }));
let tokenizer: Tokenizer;
beforeAll(async () => {
  const oracle = JSON.parse(readFileSync(join(import.meta.dirname, '../../oracles/corpus.json'), 'utf8')) as { vocab_260: string };
  const path = join(folderOfTokenizer, 'tokenizer.json');
  writeFileSync(path, oracle.vocab_260);
  tokenizer = await loadTokenizer(path);
});

function corpus(): { folder: string; suffix: '.train'; tokenizer: Tokenizer; cacheFolder: string } {
  const root = temporaryFolder();
  const folder = join(root, 'text');
  mkdirSync(folder);
  writeFileSync(join(folder, 'b.train'), 'the owl looked\n');
  writeFileSync(join(folder, 'a.train'), 'the llama looked\n');
  writeFileSync(join(folder, 'a.dev'), 'the llama wanted wool\n');
  return { folder, suffix: '.train', tokenizer, cacheFolder: join(root, 'cache') };
}

const EXPECTED = (): number[] => ['the llama looked\n', 'the owl looked\n'].flatMap((text) => tokenizer.encode(text));

it('holds the ids of all files in the order of their names, and says where they come from', async () => {
  const request = corpus();
  const file = await ensureTokenFile(request, new RecordingContext());
  expect([...file.read(0, file.length)]).toEqual(EXPECTED());
  const sources = readSources(file.path)!;
  expect(sources.sources.map((source) => [source.file, source.bytes, source.tokens])).toEqual([
    [join(request.folder, 'a.train'), 17, tokenizer.encode('the llama looked\n').length],
    [join(request.folder, 'b.train'), 15, tokenizer.encode('the owl looked\n').length],
  ]);
  expect(sources).toMatchObject({ tokens: file.length, sha256: file.sha256, tokenizer: { sha256: tokenizer.sha256, addPrefixSpace: false } });
  file.close();
});

it('is made once, and again when text, tokenizer or flag change', async () => {
  const request = corpus();
  const path = async (tokens: Tokenizer): Promise<string> => {
    const file = await ensureTokenFile({ ...request, tokenizer: tokens }, new RecordingContext());
    file.close();
    return file.path;
  };
  const first = await path(tokenizer);
  utimesSync(first, 1, 1);
  expect(await path(tokenizer)).toBe(first);
  expect(statSync(first).mtimeMs).toBe(1000);
  expect(await path(await loadTokenizer(tokenizer.path, { addPrefixSpace: true }))).not.toBe(first);
  writeFileSync(join(request.folder, 'a.train'), 'the llama looked!\n');
  expect(await path(tokenizer)).not.toBe(first);
});

it.each<[string, (path: string) => void]>([
  ['cut short', (path) => truncateSync(path, statSync(path).size - 3)],
  ['cut within its header', (path) => truncateSync(path, 20)],
  ['something else', (path) => writeFileSync(path, 'PK'.repeat(100))],
  ['of changed ids', (path) => {
    const bytes = readFileSync(path);
    bytes[bytes.length - 2]! ^= 1;
    writeFileSync(path, bytes);
  }],
  ['without its sidecar', (path) => rmSync(`${path}.json`)],
])('is made again when it is %s, with a warning', async (_, damage) => {
  const request = corpus();
  const file = await ensureTokenFile(request, new RecordingContext());
  file.close();
  damage(file.path);
  const context = new RecordingContext();
  const again = await ensureTokenFile(request, context);
  expect([...again.read(0, again.length)]).toEqual(EXPECTED());
  expect(context.logged).toEqual([{ level: 'warning', message: expect.stringContaining('again') as string }]);
  again.close();
});

it('names what is wrong with a file that is none of ours', () => {
  const path = join(temporaryFolder(), 'x.tokens');
  expect(() => new TokenFile(path)).toThrow(/cannot be opened/);
  writeFileSync(path, Buffer.alloc(100));
  expect(() => new TokenFile(path)).toThrow(/is not a token file/);
  const header = Buffer.alloc(64);
  header.write('CRIATOKS');
  header.writeUInt32LE(9, 8);
  writeFileSync(path, header);
  expect(() => new TokenFile(path)).toThrow(/version 9; this Cria knows version 1/);
});

it('takes a single file of any name, and refuses a folder of .txt files by naming them', async () => {
  const { folder, cacheFolder } = corpus();
  writeFileSync(join(folder, 'notes.txt'), 'the owl');
  const file = await ensureTokenFile({ folder: join(folder, 'notes.txt'), suffix: '.dev', tokenizer, cacheFolder }, new RecordingContext());
  expect([...file.read(0, file.length)]).toEqual(tokenizer.encode('the owl'));
  file.close();
  for (const name of readdirSync(folder).filter((one) => !one.endsWith('.txt'))) rmSync(join(folder, name));
  await expect(ensureTokenFile({ folder, suffix: '.train', tokenizer, cacheFolder }, new RecordingContext())).rejects.toMatchObject({
    code: 'bad-input', message: expect.stringMatching(/no \.train files.*notes\.txt/) as string,
  });
});

it('reads any part as it was written, and nothing beyond', async () => {
  const folder = temporaryFolder();
  const text = join(folder, 'text');
  writeFileSync(text, 'The little llama looked at the owl, the owl looked at the llama. '.repeat(40));
  const far: Tokenizer = { path: '', sha256: '0', vocabSize: 70_001, addPrefixSpace: false, canEncodePieces: false, bos: null, eos: null, pad: null,
    encode: (words) => tokenizer.encode(words).map((id) => id + 70_000 - 200), decode: () => '', tokenToId: () => null, idToToken: () => null };
  for (const one of [tokenizer, far]) {
    const output = join(folder, `${one.vocabSize}.tokens`);
    await buildTokenFile({ files: [text], tokenizer: one, output }, new RecordingContext());
    const file = new TokenFile(output);
    const all = one.encode(readFileSync(text, 'utf8'));
    expect(file.length).toBe(all.length);
    fc.assert(fc.property(fc.nat({ max: all.length }), fc.nat({ max: all.length }), (a, b) => {
      const [start, end] = a < b ? [a, b] : [b, a];
      expect([...file.read(start, end - start)]).toEqual(all.slice(start, end));
    }));
    expect(() => file.read(0, all.length + 1)).toThrow(RangeError);
    expect(() => file.read(-1, 1)).toThrow(RangeError);
    file.close();
    expect(() => file.read(0, 1)).toThrow(/closed/);
  }
});
