import { existsSync, mkdirSync, readFileSync, readdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import fc from 'fast-check';
import { expect, it } from 'vitest';
import { clean } from '../../../src/main/corpus/clean.ts';
import { readText } from '../../../src/main/corpus/textFile.ts';
import { RecordingContext, temporaryFolder } from '../../support/jobContext.ts';

function corpus(files: Record<string, string | Uint8Array>): { input: string; output: string } {
  const root = temporaryFolder();
  const input = join(root, 'raw');
  mkdirSync(input);
  for (const [name, content] of Object.entries(files)) writeFileSync(join(input, name), content);
  return { input, output: join(root, 'clean') };
}

it('cleans a folder into files of the same names and reports on each', async () => {
  const params = corpus({
    'aochildes.train': 'a llama .\r\nlook  !\n',
    'simple_wiki.dev': 'One.\n\nTwo.\n',
    'recipes.train': 'two eggs , beaten\n',
    'notes.txt': 'not ours',
  });
  const context = new RecordingContext();
  const result = await clean(params, context);
  expect(readdirSync(params.output).sort()).toEqual(['aochildes.train', 'recipes.train', 'simple_wiki.dev']);
  expect(readFileSync(join(params.output, 'aochildes.train'), 'utf8')).toBe('a llama.\nlook!\n');
  expect(readFileSync(join(params.output, 'simple_wiki.dev'), 'utf8')).toBe('One.Two.\n');
  expect(readFileSync(join(params.output, 'recipes.train'), 'utf8')).toBe('two eggs , beaten\n');
  expect(result.files.map((file) => [file.file, file.domain, file.codePointsBefore, file.codePointsAfter, file.words])).toEqual([
    ['aochildes.train', 'aochildes', 18, 15, 3],
    ['recipes.train', null, 18, 18, 4],
    ['simple_wiki.dev', 'simple_wikipedia', 11, 9, 1],
  ]);
  expect(result.files[0]!.rules.map((rule) => [rule.rule, rule.changes, rule.codePointsRemoved])).toEqual([
    ['line endings', 1, 1], ['runs of spaces', 1, 1], ['space before punctuation', 2, 2],
  ]);
  expect(result.warnings).toEqual([expect.stringContaining('recipes.train: unknown domain "recipes"')]);
  expect(context.logged.map(({ level }) => level)).toEqual(['warning', 'info']);
  const last = context.progressed.at(-1)!;
  expect([last.done, last.total]).toEqual([48, 48]);
});

it.each<[string, Record<string, string | Uint8Array>, RegExp]>([
  ['empty', { 'cbt.train': '' }, /cbt\.train is empty/],
  ['Latin-1', { 'cbt.train': Buffer.from('caf\xe9 noir', 'latin1') }, /cbt\.train is not UTF-8: the first wrong byte is byte 3 /],
  ['cut short', { 'cbt.train': Buffer.from('né').subarray(0, 2) }, /not UTF-8: the first wrong byte is byte 1 /],
  ['a surrogate', { 'cbt.train': Buffer.from([0x61, 0xed, 0xa0, 0x80]) }, /byte 1 /],
  ['binary', { 'cbt.train': Buffer.from([0x41, 0x42, 0x00, 0xff]) }, /not text: byte 2 is zero/],
  ['without text files', { 'readme.md': 'x', 'cbt.txt': 'x' }, /no \.train or \.dev files.*cbt\.txt, readme\.md/],
])('refuses a folder whose file is %s', async (_, files, message) => {
  const params = corpus(files);
  await expect(clean(params, new RecordingContext())).rejects.toMatchObject({
    code: 'bad-input', message: expect.stringMatching(message) as string, hint: expect.stringMatching(/\w/) as string,
  });
  expect(existsSync(join(params.output, 'cbt.train'))).toBe(false);
});

it('says when a folder is missing, and points to the folder one deeper', async () => {
  const { input, output } = corpus({});
  await expect(clean({ input: join(input, 'nowhere'), output }, new RecordingContext())).rejects.toMatchObject({ code: 'not-found' });
  mkdirSync(join(input, 'babylm_10M'));
  writeFileSync(join(input, 'babylm_10M', 'cbt.train'), 'x');
  await expect(clean({ input, output }, new RecordingContext())).rejects.toMatchObject({ hint: expect.stringContaining('babylm_10M') as string });
});

it('does not overwrite the raw text', async () => {
  const { input } = corpus({ 'cbt.train': 'a .' });
  await expect(clean({ input, output: `${input}/` }, new RecordingContext())).rejects.toMatchObject({ code: 'bad-input' });
  expect(readFileSync(join(input, 'cbt.train'), 'utf8')).toBe('a .');
});

it('stops when asked, leaving no half file', async () => {
  const params = corpus({ 'cbt.train': 'a .' });
  const context = new RecordingContext();
  context.stop.abort();
  await expect(clean(params, context)).rejects.toMatchObject({ code: 'cancelled' });
  expect(readdirSync(params.output)).toEqual([]);
});

it('reads UTF-8 in any chunks, and finds the first wrong byte wherever the chunks fall', async () => {
  const path = join(temporaryFolder(), 'text');
  await fc.assert(
    fc.asyncProperty(fc.string({ unit: 'binary', minLength: 1, maxLength: 40 }), fc.integer({ min: 1, max: 9 }), fc.option(fc.nat({ max: 40 })), async (text, chunkBytes, broken) => {
      const words = text.toWellFormed().replaceAll('\0', '-');
      const at = broken === null ? null : Buffer.byteLength([...words].slice(0, broken).join(''));
      const good = Buffer.from(words);
      writeFileSync(path, at === null ? good : Buffer.concat([good.subarray(0, at), Buffer.from([0xff]), good.subarray(at)]));
      let read = '';
      const reading = (async () => {
        for await (const piece of readText(path, { chunkBytes })) read += piece;
      })();
      if (at === null) {
        await reading;
        expect(read).toBe(words);
      } else {
        await expect(reading).rejects.toThrow(`the first wrong byte is byte ${at} `);
      }
    }),
    { numRuns: 150 },
  );
});
