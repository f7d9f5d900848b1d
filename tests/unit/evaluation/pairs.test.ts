import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, describe, expect, it } from 'vitest';
import { loadPairs, MAX_LINE_BYTES, pairsDigest, readPairs, suiteFingerprint } from '../../../src/main/evaluation/pairs.ts';

const folder = mkdtempSync(join(tmpdir(), 'cria-pairs-'));
afterAll(() => rmSync(folder, { recursive: true }));

let files = 0;
function file(content: string | Buffer): string {
  const path = join(folder, `${++files}.jsonl`);
  writeFileSync(path, content);
  return path;
}
const line = (good: unknown, bad: unknown): string => JSON.stringify({ sentence_good: good, sentence_bad: bad, extra: 1 });

describe('readPairs', () => {
  it('reads pairs with their line numbers and whole items, with or without a last newline, with CRLF and blank lines', async () => {
    const pairs = await loadPairs(file(`${line('A cat sleeps.', 'A cat sleep.')}\r\n\n${line('Él duerme.\nSí.', 'x')}`));
    expect(pairs).toEqual([
      { context: '', good: 'A cat sleeps.', bad: 'A cat sleep.', line: 1, doc: { sentence_good: 'A cat sleeps.', sentence_bad: 'A cat sleep.', extra: 1 } },
      { context: '', good: 'Él duerme.\nSí.', bad: 'x', line: 3, doc: { sentence_good: 'Él duerme.\nSí.', sentence_bad: 'x', extra: 1 } },
    ]);
  });

  it('reads lines that straddle chunks', async () => {
    const long = 'é'.repeat(200_000);
    const pairs = await loadPairs(file(`${line(long, 'b')}\n${line('c', long)}\n`));
    expect(pairs.map(({ good, bad }) => [good.length, bad.length])).toEqual([[200_000, 1], [1, 200_000]]);
  });

  it.each<[string, string | Buffer, RegExp]>([
    ['an empty file', '', /holds no minimal pairs/],
    ['blank lines only', '\n \n', /holds no minimal pairs/],
    ['no JSON', `${line('a', 'b')}\nThe cat.\n`, /line 2 is not JSON/],
    ['no object', '["a","b"]\n', /line 1 is not a JSON object/],
    ['a missing field', '{"sentence_bad":"b"}', /line 1 lacks "sentence_good"/],
    ['a missing field that objects inherit', '{"__proto__":{"sentence_good":"a"},"sentence_bad":"b"}', /lacks "sentence_good"/],
    ['another type', line('a', 3), /line 1 has a value of type number as "sentence_bad"/],
    ['null', line(null, 'b'), /has null as "sentence_good"/],
    ['a list', line(['a'], 'b'), /has a list as "sentence_good"/],
    ['an empty sentence', line('a', ''), /has an empty "sentence_bad"/],
    ['a file that is not UTF-8', Buffer.concat([Buffer.from(`${line('a', 'b')}\n`), Buffer.from([0x22, 0xff, 0xfe, 0x22])]), /line 2 is not UTF-8/],
    ['a binary file', Buffer.from([0x80, 0, 1, 2, 3]), /line 1 is not UTF-8/],
    ['a huge line', 'x'.repeat(MAX_LINE_BYTES + 1), /line 1 is longer than/],
  ])('refuses %s', async (_, content, message) => {
    const path = file(content);
    await expect(loadPairs(path)).rejects.toMatchObject({ code: 'bad-input', message: expect.stringMatching(message) as string });
  });

  it('yields what comes before a bad line', async () => {
    const seen: string[] = [];
    await expect((async () => {
      for await (const { good } of readPairs(file(`${line('a', 'b')}\n{`))) seen.push(good);
    })()).rejects.toMatchObject({ code: 'bad-input' });
    expect(seen).toEqual(['a']);
  });
});

describe('digests', () => {
  it('depend on the sentences and their order alone', () => {
    const [a, b] = [{ good: 'a', bad: 'b' }, { good: 'c', bad: 'd' }];
    expect(pairsDigest([a, b])).not.toBe(pairsDigest([b, a]));
    expect(pairsDigest([a])).toBe(pairsDigest([{ ...a, line: 7 } as typeof a]));
    expect(suiteFingerprint(new Map([['x', '1'], ['y', '2']]))).toBe(suiteFingerprint(new Map([['y', '2'], ['x', '1']])));
  });
});
