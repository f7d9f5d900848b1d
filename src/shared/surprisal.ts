/** Surprisal of words and texts from that of tokens, over models whose tokenizers cut differently. */
import type { InspectedModel, InspectedToken } from './results.ts';

export interface Word {
  text: string;
  /** In the text, in UTF-16 code units, without the space before it. */
  start: number;
  end: number;
  /** Of each model, the tokens that end in this word: they carry it, and the space before it. */
  tokens: InspectedToken[][];
}

/** Shannon information of tokens one after the other, in bits. */
export function surprisalBits(tokens: readonly Pick<InspectedToken, 'logprob'>[]): number {
  return -tokens.reduce((sum, { logprob }) => sum + logprob, 0) / Math.LN2;
}

/** The words of a text, cut at white space, with each model's tokens. Tokens behind the last word belong to it. */
export function describeWords(text: string, models: readonly Pick<InspectedModel, 'tokens'>[]): Word[] {
  const words = [...text.matchAll(/\S+/g)].map((match): Word => ({ text: match[0], start: match.index, end: match.index + match[0].length, tokens: models.map(() => []) }));
  if (!words.length) return [];
  models.forEach(({ tokens }, model) => {
    let at = 0;
    for (const token of tokens) {
      while (at < words.length - 1 && token.end > words[at]!.end) at++;
      words[at]!.tokens[model]!.push(token);
    }
  });
  return words;
}

/** Of each model, the token that covers a place of the text; null where it has none. */
export function tokenAt(tokens: readonly InspectedToken[], place: number): InspectedToken | null {
  return tokens.find(({ start, end }) => start <= place && place < end) ?? null;
}
