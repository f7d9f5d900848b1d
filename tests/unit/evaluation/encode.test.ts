import { describe, expect, it } from 'vitest';
import { encodePair, encodeSentence, type TextEncoder } from '../../../src/main/evaluation/encode.ts';

/** Words with their leading space, else single characters; ids are made from the text, so that tokens can be read back. */
const tokens = (text: string): string[] => text.match(/ ?\w+|[^]/g) ?? [];
const ids = new Map<string, number>();
const idOf = (token: string): number => ids.get(token) ?? (ids.set(token, ids.size + 10), ids.size + 9);
const tokenizer: TextEncoder = { encode: (text) => tokens(text).map(idOf) };
const read = (sequence: ArrayLike<number>): string[] => Array.from(sequence, (id) => [...ids].find(([, known]) => known === id)?.[0] ?? `#${id}`);

describe('encodeSentence', () => {
  it('puts the start token first and a space before the sentence', () => {
    const { ids: encoded, scoredFrom } = encodeSentence(tokenizer, 1, 'The cat sleeps.');
    expect(read(encoded)).toEqual(['#1', ' The', ' cat', ' sleeps', '.']);
    expect(scoredFrom).toBe(1);
  });
});

describe('encodePair', () => {
  it('scores what follows the context, without a start token', () => {
    const { ids: encoded, scoredFrom } = encodePair(tokenizer, 'It rains.', ' I stay.');
    expect(read(encoded)).toEqual(['It', ' rains', '.', ' I', ' stay', '.']);
    expect(scoredFrom).toBe(3);
  });

  it.each([' ', '  ', '\n', '\u3000', '\u0085', '\x1c'])('moves trailing white space %j to the continuation', (space) => {
    const { ids: encoded, scoredFrom } = encodePair(tokenizer, `It rains.${space}`, ' I stay.');
    expect(scoredFrom).toBe(3);
    expect(read(encoded).slice(3).join('')).toBe(`${space} I stay.`);
  });

  it('leaves a byte order mark, which Python does not strip', () => {
    expect(encodePair(tokenizer, 'It\uFEFF', ' is').scoredFrom).toBe(2);
  });

  it('refuses a context without tokens', () => {
    expect(() => encodePair(tokenizer, ' \n', ' I stay.')).toThrow(expect.objectContaining({ code: 'bad-input' }));
  });
});
