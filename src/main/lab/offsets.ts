/** Where tokens stand in their text, so that models with different tokenizers can be laid over each other. */
import type { Tokenizer } from '../corpus/tokenizer.ts';

/**
 * Start and end of each token in the text, in UTF-16 code units. Bytes that do not yet make a whole character end where they start; the
 * token that completes it gets it. What a normalizer has changed is placed as well as its length allows.
 */
export function tokenOffsets(tokenizer: Pick<Tokenizer, 'decode'>, ids: readonly number[], text: string): { start: number; end: number }[] {
  // A tokenizer may put a space of its own in front.
  const lead = tokenizer.decode(ids).startsWith(' ') && !text.startsWith(' ') ? 1 : 0;
  let before = 0;
  return ids.map((_, i) => {
    const isLast = i === ids.length - 1;
    const decoded = tokenizer.decode(ids.slice(0, i + 1)).replace(/\uFFFD+$/, '');
    const end = isLast ? text.length : Math.max(before, Math.min(text.length, decoded.length - lead));
    const place = { start: before, end };
    before = end;
    return place;
  });
}
