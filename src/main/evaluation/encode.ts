/** From text to the token sequences that are scored, by the rules of the challenge's pipelines: lm_eval's in 2024, their own in 2025. */
import { CriaError } from '../../shared/errors.ts';
import type { ScoredSequence } from './score.ts';

/** The part of a tokenizer that scoring needs. Special tokens written out in the text are recognised, none are added. */
export interface TextEncoder {
  encode(text: string): ArrayLike<number>;
}

export interface TextCodec extends TextEncoder {
  decode(ids: Iterable<number>): string;
}

/** What Python's str.rstrip() takes away; JavaScript's \s lacks U+001C to U+001F and U+0085 and has U+FEFF. */
const TRAILING_WHITESPACE = /[\t-\r\x1c-\x20\x85\xa0\u1680\u2000-\u200a\u2028\u2029\u202f\u205f\u3000]+$/;

/**
 * A sentence of a minimal pair: start token, then the tokens of " " + sentence, each of which is scored, the first one after the start
 * token. No end token. Because of the literal space a tokenizer's add_prefix_space makes no difference.
 */
export function encodeSentence(tokenizer: TextEncoder, startToken: number, sentence: string): ScoredSequence {
  const tokens = tokenizer.encode(` ${sentence}`);
  const ids = new Int32Array(tokens.length + 1);
  ids[0] = startToken;
  ids.set(tokens, 1);
  return { ids, scoredFrom: 1 };
}

/**
 * A continuation after a context (EWoK and the like): white space at the context's end moves to the continuation, both are encoded in one
 * go, and what follows the context's own token count is scored. There is no start token.
 *
 * @param continuation as it follows the context, with its leading space
 * @throws CriaError `bad-input` when the context has no token
 */
export function encodePair(tokenizer: TextEncoder, context: string, continuation: string): ScoredSequence {
  const bare = context.replace(TRAILING_WHITESPACE, '');
  const scoredFrom = tokenizer.encode(bare).length;
  if (scoredFrom === 0) {
    // Without the text: it may be gated.
    throw new CriaError('bad-input', 'The context of an item has no tokens.', 'Score such an item as a sentence of its own.');
  }
  return { ids: tokenizer.encode(bare + context.slice(bare.length) + continuation), scoredFrom };
}

/**
 * 2025: a text as it is, with what the tokenizer's own template puts before it (nothing, in byte-level tokenizers). What follows the
 * context is scored, but never the first token of all, which has nothing before it.
 *
 * @param prefix ids that the tokenizer's template puts before a text
 * @param context empty for whole sentences
 * @param answer as it follows the context, with its leading space
 */
export function encodeBare(tokenizer: TextCodec, prefix: readonly number[], context: string, answer: string): ScoredSequence {
  const tokens = Array.from(tokenizer.encode(context + answer));
  const before = context === '' ? 0 : tokensWithin(tokenizer, tokens, context);
  return { ids: Int32Array.from([...prefix, ...tokens]), scoredFrom: Math.max(1, prefix.length + before) };
}

/** How many tokens at the beginning of a text end no later than its context does; the pipeline compares the tokens' offsets. */
function tokensWithin(tokenizer: TextCodec, tokens: readonly number[], context: string): number {
  const alone = Array.from(tokenizer.encode(context));
  const { length } = tokenizer.decode(alone);
  const ends = (count: number): number => tokenizer.decode(tokens.slice(0, count)).length;
  let count = Math.min(alone.length, tokens.length);
  while (count > 0 && ends(count) > length) count--;
  while (count < tokens.length && ends(count + 1) <= length) count++;
  return count;
}
