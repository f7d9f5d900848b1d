/** The mixer: shares kept to the word, chance from the seed, and nothing that is not in the texts. */
import { existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { divide, mix } from '../../../src/main/corpus/mix.ts';
import { firstWords, passages } from '../../../src/main/corpus/passages.ts';
import { RecordingContext, temporaryFolder } from '../../support/jobContext.ts';

const wordsOf = (text: string) => text.split(/\s+/).filter(Boolean);

async function collect(pieces: string[], most: number) {
  const found = [];
  for await (const passage of passages((async function* () { yield* pieces; })(), most)) found.push(passage);
  return found;
}

describe('passages', () => {
  it('are the text again, counted rightly, wherever it is cut into pieces', async () => {
    await fc.assert(fc.asyncProperty(fc.array(fc.string({ unit: fc.constantFrom('a', 'ß', ' ', '\n', '\t', '\u00a0', '🦙') })), fc.integer({ min: 1, max: 4 }), async (pieces, most) => {
      const found = await collect(pieces, most);
      const text = pieces.join('');
      expect(found.map((passage) => passage.text).join('')).toBe(text);
      for (const { text: part, words } of found) {
        expect(words).toBe(wordsOf(part).length);
        expect(words).toBeLessThanOrEqual(most);
      }
      expect(await collect([text], most)).toEqual(found);
    }), { numRuns: 300 });
  });

  it('give their first words', () => {
    expect(firstWords('  one two  three ', 2)).toBe('  one two');
    expect(firstWords('one two', 5)).toBe('one two');
  });
});

it('divides a budget to the word', () => {
  expect(divide(100, [1, 1, 1])).toEqual([34, 33, 33]);
  expect(divide(10, [0.5, 0.3, 0.2])).toEqual([5, 3, 2]);
  fc.assert(fc.property(fc.integer({ min: 1, max: 1e8 }), fc.array(fc.double({ min: 0.01, max: 100, noNaN: true }), { minLength: 1, maxLength: 12 }), (budget, shares) => {
    const quotas = divide(budget, shares);
    expect(quotas.reduce((sum, quota) => sum + quota, 0)).toBe(budget);
    const total = shares.reduce((sum, share) => sum + share, 0);
    quotas.forEach((quota, i) => expect(Math.abs(quota - (budget * shares[i]!) / total)).toBeLessThan(1 + 1e-6));
  }));
});

describe('a mix', () => {
  function setUp() {
    const root = temporaryFolder();
    mkdirSync(join(root, 'raw'));
    // One file of short lines, one that is a single line.
    const lines = Array.from({ length: 400 }, (_, i) => `line ${i} of the first text`);
    const single = Array.from({ length: 3000 }, (_, i) => `w${i}`);
    writeFileSync(join(root, 'raw', 'lines.train'), `${lines.join('\n')}\n`);
    writeFileSync(join(root, 'raw', 'single.train'), single.join(' '));
    const part = (name: string, share: number) => ({ path: join(root, 'raw', name), name, share });
    const run = (output: string, parts: ReturnType<typeof part>[], words: number, seed = 1) => mix({ parts, words, seed, output: join(root, output) }, new RecordingContext());
    return { root, lines, single, part, run, read: (output: string, name: string) => readFileSync(join(root, output, name), 'utf8') };
  }

  it('keeps to its budget and its shares exactly', async () => {
    const { part, run, read } = setUp();
    const result = await run('out', [part('lines.train', 3), part('single.train', 1)], 1234);
    expect(result).toMatchObject({ words: 1234, parts: [{ words: 926, sourceWords: 2400 }, { words: 308, sourceWords: 3000 }] });
    expect(wordsOf(read('out', 'lines.train'))).toHaveLength(926);
    expect(wordsOf(read('out', 'single.train'))).toHaveLength(308);
    const record = JSON.parse(read('out', 'MIX.json')) as { seed: number; parts: { sourceSha256: string; source: string }[] };
    expect(record.seed).toBe(1);
    expect(record.parts[0]).toMatchObject({ source: 'lines.train', sourceSha256: expect.stringMatching(/^[0-9a-f]{64}$/) as string });
  });

  it('meets any quota, whatever lines it is made of (some fell short by the rest of a line)', async () => {
    const { part, run, read } = setUp();
    for (const [i, words] of [1, 2, 5, 7, 200, 801, 1199, 2395, 2399].entries()) {
      await run(`out${i}`, [part('lines.train', 1)], words, i);
      expect(wordsOf(read(`out${i}`, 'lines.train'))).toHaveLength(words);
    }
  });

  it('draws from everywhere, in the order of the text, the same for the same seed', async () => {
    const { part, run, read, lines } = setUp();
    await run('a', [part('lines.train', 1)], 1200);
    await run('b', [part('lines.train', 1)], 1200);
    await run('c', [part('lines.train', 1)], 1200, 2);
    expect(read('a', 'lines.train')).toBe(read('b', 'lines.train'));
    expect(read('a', 'lines.train')).not.toBe(read('c', 'lines.train'));
    const places = read('a', 'lines.train').trimEnd().split('\n').map((line) => lines.indexOf(line));
    expect(places.every((place, i) => place >= 0 && (i === 0 || place > places[i - 1]!))).toBe(true);
    // Half of the lines: both halves of the text give about a quarter each (5 standard deviations are 25 lines).
    expect(Math.abs(places.filter((place) => place < 200).length - 100)).toBeLessThan(25);
  });

  it('can take everything, and never repeats', async () => {
    const { root, part, run, read, lines } = setUp();
    await run('all', [part('lines.train', 1)], 2400);
    expect(read('all', 'lines.train')).toBe(`${lines.join('\n')}\n`);
    await expect(run('more', [part('lines.train', 1)], 2401)).rejects.toMatchObject({ code: 'bad-input', message: expect.stringContaining('2,400 words') as string });
    expect(existsSync(join(root, 'more'))).toBe(false);
    await expect(run('all', [part('lines.train', 1)], 10)).rejects.toMatchObject({ code: 'exists' });
  });
});
