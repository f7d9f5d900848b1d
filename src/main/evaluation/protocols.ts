/** The challenge's ways of scoring, by name. What they have in common: summed log-probabilities, and that a tie counts as right. */
import type { ProtocolName } from '../../shared/scores.ts';
import { encodeBare, encodePair, encodeSentence, type TextCodec } from './encode.ts';
import type { ScoredSequence } from './score.ts';
import type { ChoiceItem } from './suites/suite.ts';

/** What a protocol has to know of a model's tokenizer. */
export interface ScoringTokens {
  tokenizer: TextCodec;
  /** lm_eval's prefix_token_id. */
  startToken: number;
  /** Ids that the tokenizer's own template puts before a text. */
  templatePrefix: readonly number[];
}

export interface Protocol {
  /** An answer as it is scored, which is also how predictions name it. */
  answer: (item: ChoiceItem, text: string) => string;
  /** @throws CriaError `bad-input` for a context without tokens */
  encode: (tokens: ScoringTokens, item: ChoiceItem, text: string) => ScoredSequence;
  /** The token before a sentence's first; null: none, the first goes unscored. */
  startToken: (tokens: ScoringTokens) => number | null;
}

export const PROTOCOL: Record<ProtocolName, Protocol> = {
  'babylm-2024': {
    answer: (_item, text) => ` ${text}`,
    encode: ({ tokenizer, startToken }, { context }, text) =>
      (context === '' ? encodeSentence(tokenizer, startToken, text) : encodePair(tokenizer, context, ` ${text}`)),
    startToken: ({ startToken }) => startToken,
  },
  'babylm-2025': {
    answer: ({ context }, text) => (context === '' ? text : ` ${text}`),
    encode: ({ tokenizer, templatePrefix }, { context }, text) =>
      encodeBare(tokenizer, templatePrefix, context, context === '' ? text : ` ${text}`),
    startToken: ({ templatePrefix }) => templatePrefix.at(-1) ?? null,
  },
};
