/** Words and sentences against NLTK's (tests/oracles/make_words.py), and vocabularies made of them. */
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { describe, expect, it } from 'vitest';
import { ABBREVIATIONS, splitSentences } from '../../../src/main/evaluation/ewok/sentences.ts';
import { loadVocabulary } from '../../../src/main/evaluation/ewok/vocabulary.ts';
import { wordTokenize } from '../../../src/main/evaluation/ewok/wordTokenize.ts';
import { temporaryFolder } from '../../support/jobContext.ts';

interface Oracle {
  abbreviations: string[];
  lines: { text: string; sentences: string[]; words: string[] }[];
}

const oracle = JSON.parse(readFileSync(resolve(import.meta.dirname, '../../oracles/words.json'), 'utf8')) as Oracle;

describe('NLTK\'s words', () => {
  it('were made with the same abbreviations', () => {
    expect(oracle.abbreviations).toEqual([...ABBREVIATIONS]);
    expect(oracle.lines.length).toBeGreaterThan(400);
  });

  it.each(oracle.lines.slice(0, 45))('$text', ({ text, sentences, words }) => {
    expect(splitSentences(text)).toEqual(sentences);
    expect(wordTokenize(text)).toEqual(words);
  });

  it('are the same in made-up jumbles', () => {
    for (const { text, sentences, words } of oracle.lines) expect({ text, sentences: splitSentences(text), words: wordTokenize(text) }).toEqual({ text, sentences, words });
  });
});

describe('a vocabulary', () => {
  it('is a list with a word a line', async () => {
    const path = join(temporaryFolder(), 'vocab.txt');
    writeFileSync(path, 'cup\r\nfull\n\n the \n');
    expect([...(await loadVocabulary(path))]).toEqual(['cup', 'full', 'the']);
    writeFileSync(path, '\n');
    await expect(loadVocabulary(path)).rejects.toMatchObject({ code: 'bad-input' });
  });

  it('is the words of a corpus in lower case, which are kept and found again', async () => {
    const root = temporaryFolder();
    const corpus = join(root, 'corpus');
    mkdirSync(corpus);
    writeFileSync(join(corpus, 'a.train'), 'The cup is FULL. She can\'t drink.\n');
    writeFileSync(join(corpus, 'b.train'), 'Über alles');
    writeFileSync(join(corpus, 'b.dev'), 'unseen');
    const cacheFolder = join(root, 'cache');
    const words = await loadVocabulary(corpus, { cacheFolder });
    expect([...words].sort()).toEqual(['.', 'alles', 'ca', 'cup', 'drink', 'full', 'is', "n't", 'she', 'the', 'über']);
    expect(await loadVocabulary(corpus, { cacheFolder, signal: AbortSignal.abort() })).toEqual(words); // From the cache: nothing is read that could be stopped.
    await expect(loadVocabulary(corpus, { signal: AbortSignal.abort() })).rejects.toMatchObject({ code: 'cancelled' });
    writeFileSync(join(corpus, 'b.train'), 'über alles neues');
    expect(await loadVocabulary(corpus, { cacheFolder })).toContain('neues');
    expect([...(await loadVocabulary(join(corpus, 'b.dev')))]).toEqual(['unseen']);
    await expect(loadVocabulary(root)).rejects.toMatchObject({ code: 'not-found' });
  });

  it('cuts one huge line between words', async () => {
    const path = join(temporaryFolder(), 'huge.train');
    writeFileSync(path, Array.from({ length: 40_000 }, (_, i) => `word${i % 997}`).join(' '));
    expect((await loadVocabulary(path)).size).toBe(997);
  });
});
