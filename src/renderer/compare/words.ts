/** Where two sentences differ, word by word. */
import { diffWords } from 'diff';

export interface Piece {
  text: string;
  differs: boolean;
}

/** The good and the bad sentence of a minimal pair, in pieces. */
export function differingWords(good: string, bad: string): { good: Piece[]; bad: Piece[] } {
  const parts = diffWords(good, bad);
  const side = (skip: 'added' | 'removed', mark: 'added' | 'removed') => parts.filter((part) => !part[skip]).map((part) => ({ text: part.value, differs: Boolean(part[mark]) }));
  return { good: side('added', 'removed'), bad: side('removed', 'added') };
}
