import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { beforeAll, describe, expect, it } from 'vitest';
import { cleanPieces } from '../../../src/main/corpus/domains.ts';
import { indefiniteArticle, ingOf, pastOf, withS } from '../../../src/main/demo/nursery/inflection.ts';
import { makeDemoCorpus } from '../../../src/main/demo/nursery/makeDemoCorpus.ts';
import type { BlimpPair } from '../../../src/main/demo/nursery/minimalPairs.ts';
import { capitalise, print, spell } from '../../../src/main/demo/nursery/print.ts';
import { readLexicon } from '../../../src/main/demo/nursery/words.ts';
import { RecordingContext, temporaryFolder } from '../../support/jobContext.ts';

describe('inflection', () => {
  it.each([
    ['hug', 'hugs', 'hugged', 'hugging'], ['cry', 'cries', 'cried', 'crying'], ['push', 'pushes', 'pushed', 'pushing'], ['bake', 'bakes', 'baked', 'baking'],
    ['play', 'plays', 'played', 'playing'], ['fix', 'fixes', 'fixed', 'fixing'], ['see', 'sees', 'seed', 'seeing'],
  ])('of %s', (base, s, past, ing) => {
    expect([withS(base), pastOf(base), ingOf(base)]).toEqual([s, past, ing]);
  });

  it('chooses an article by sound', () => {
    expect(['apple', 'llama', 'owl', 'useful', 'one', 'old'].map(indefiniteArticle)).toEqual(['an', 'a', 'an', 'a', 'a', 'an']);
  });
});

describe('print', () => {
  it('sets sentences as books do', () => {
    expect(print('the fox said , “ i am a owl . ” let \'s go !')).toBe('The fox said, "I am an owl." let\'s go!');
    expect(capitalise(spell('i saw a ox . it ran .'))).toBe('I saw an ox . It ran .');
  });
});

describe('the demo\'s corpus', () => {
  const texts = new Map<string, string>();
  const pairs: BlimpPair[] = [];
  let sentences: string[] = [];

  const make = async (seed: number) => {
    const output = temporaryFolder();
    const result = await makeDemoCorpus({ output, seed, words: 12_000 }, new RecordingContext());
    const read = (folder: string) => new Map(readdirSync(folder).sort().map((file) => [file, readFileSync(join(folder, file), 'utf8')]));
    return { result, raw: read(result.corpus), pairs: read(join(result.pairs, 'demo')) };
  };

  beforeAll(async () => {
    // A folder of its own: hooks have no test to tie a temporary one to.
    const { mkdtempSync } = await import('node:fs');
    const { tmpdir } = await import('node:os');
    const output = mkdtempSync(join(tmpdir(), 'cria-demo-'));
    const quiet = { signal: new AbortController().signal, folder: output, progress() {}, log() {}, metric() {}, report() {} };
    const result = await makeDemoCorpus({ output, seed: 3, words: 12_000 }, quiet);
    for (const file of readdirSync(result.corpus)) texts.set(file, [...cleanPieces(file.split('.')[0]!, [readFileSync(join(result.corpus, file), 'utf8')])].join(''));
    for (const file of readdirSync(join(result.pairs, 'demo'))) {
      for (const line of readFileSync(join(result.pairs, 'demo', file), 'utf8').trimEnd().split('\n')) pairs.push(JSON.parse(line) as BlimpPair);
    }
    sentences = [...texts.values()].flatMap((text) => text.toLowerCase().match(/[^.!?\n]+[.!?]/g) ?? []).map((sentence) => sentence.trim());
  });

  it('is the same for the same seed, and another for another', async () => {
    const [first, again, other] = [await make(5), await make(5), await make(6)];
    expect(again.raw).toEqual(first.raw);
    expect(again.pairs).toEqual(first.pairs);
    expect(other.raw).not.toEqual(first.raw);
    expect(first.result.pairCount).toBeGreaterThan(2000);
  });

  it('has BabyLM\'s domains, each with text to train on and text held out', () => {
    expect([...texts.keys()].sort()).toEqual(['aochildes', 'cbt', 'children_stories', 'open_subtitles', 'simple_wikipedia'].flatMap((name) => [`${name}.dev`, `${name}.train`]));
    for (const text of texts.values()) expect(text.split(/\s+/).length).toBeGreaterThan(50);
  });

  it('is cleaned of credits and of spaces before punctuation', () => {
    expect([...texts.values()].join('\n').toLowerCase()).not.toContain('subtitle');
    expect(texts.get('aochildes.train')).not.toMatch(/ [.,!?]/);
    expect(texts.get('cbt.train')).not.toMatch(/ [.,!?]/);
  });

  it('has no pair\'s good sentence in it', () => {
    const seen = new Set(sentences);
    expect(pairs.filter((pair) => seen.has(pair.sentence_good.toLowerCase()))).toEqual([]);
  });

  it('never shows what is held out', () => {
    const { forms, heldOut } = readLexicon();
    const nounForms = (what: string) => forms.get('noun')!.filter(({ features }) => heldOut.get(what)!.has(features[0]!)).map(({ text }) => text).join('|');
    const text = sentences.join('\n');
    expect(text).not.toMatch(new RegExp(`\\b(this|that|these|those) ((?!(?:a|an|the|two|three|some|many|all|one|every|no|his|her) )\\w+ )?(${nounForms('demonstrative')})\\b`));
    expect(text).not.toMatch(new RegExp(`\\bthe (${nounForms('auxiliary')}) (is|are|was|were|has|have|does|do)\\b`));
    const past = new Set(forms.get('verb')!.filter(({ features }) => features[1] === 'past').map(({ text: form }) => form));
    const present = forms.get('verb')!.filter(({ features, text: form }) => ['s', 'base'].includes(features[1]!) && !past.has(form)).map(({ text: form }) => form).join('|');
    expect(text).toMatch(new RegExp(`\\bthe \\w+ (${present})\\b`));
    // "The foxes sleep", but not "did the foxes sleep".
    expect(text).not.toMatch(new RegExp(`^the (${nounForms('agreement')}) (${present})\\b`, 'm'));
    const participles = forms.get('verb')!.filter(({ features }) => features[1] === 'part' && features[3] === 'strong' && heldOut.get('perfect')!.has(features[0]!)).map((form) => form.text).join('|');
    expect(text).not.toMatch(new RegExp(`\\b(has|have|had) (${participles})\\b`));
  });
});

describe('the demo\'s minimal pairs', () => {
  it('are BLiMP\'s in form, differ, and cover the phenomena', async () => {
    const output = temporaryFolder();
    const { pairs } = await makeDemoCorpus({ output, seed: 2, words: 2000 }, new RecordingContext());
    const files = readdirSync(join(pairs, 'demo'));
    expect(files.length).toBeGreaterThan(25);
    const phenomena = new Set<string>();
    for (const file of files) {
      const lines = readFileSync(join(pairs, 'demo', file), 'utf8').trimEnd().split('\n').map((line) => JSON.parse(line) as BlimpPair);
      expect(new Set(lines.map((pair) => pair.sentence_good)).size).toBe(lines.length);
      lines.forEach((pair, i) => {
        expect(pair.sentence_good).not.toBe(pair.sentence_bad);
        expect(pair.sentence_good).toMatch(/^[A-Z].*[.?]$/);
        expect(pair).toMatchObject({ UID: file.replace('.jsonl', ''), pairID: String(i) });
        phenomena.add(pair.linguistics_term);
      });
    }
    expect(phenomena.size).toBeGreaterThanOrEqual(8);
  });
});
