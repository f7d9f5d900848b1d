/** A text in passages: lines, or parts of long ones, so that something can be drawn at random from a file that is one line. */
import { PYTHON_SPACE } from './pythonText.ts';

const isSpace = new Uint8Array(1 << 16);
const space = new RegExp(`[${PYTHON_SPACE}]`);
for (let unit = 0; unit < isSpace.length; unit++) isSpace[unit] = Number(space.test(String.fromCharCode(unit)));

export interface Passage {
  /** With the white space behind it; passages one after the other are the text. */
  text: string;
  /** Words as Python's text.split() has them. */
  words: number;
}

/**
 * Cuts after each line end and before the word that would be one too many. Memory does not grow with the text, unless a single word does.
 * @param pieces the text, in pieces of any length
 */
export async function* passages(pieces: AsyncIterable<string>, maxWords: number): AsyncGenerator<Passage> {
  let open = '';
  let words = 0;
  let inWord = false;
  for await (const piece of pieces) {
    let start = 0;
    for (let i = 0; i < piece.length; i++) {
      const unit = piece.charCodeAt(i);
      const isWord = isSpace[unit] === 0;
      if (isWord && !inWord) {
        if (words === maxWords) {
          yield { text: open + piece.slice(start, i), words };
          [open, start, words] = ['', i, 0];
        }
        words++;
      }
      inWord = isWord;
      if (unit === 10) {
        yield { text: open + piece.slice(start, i + 1), words };
        [open, start, words] = ['', i + 1, 0];
      }
    }
    open += piece.slice(start);
  }
  if (open) yield { text: open, words };
}

/** The first words of a text, with the white space before and between them. */
export function firstWords(text: string, count: number): string {
  let words = 0;
  let inWord = false;
  for (let i = 0; i < text.length; i++) {
    const isWord = isSpace[text.charCodeAt(i)] === 0;
    if (!isWord && inWord && words === count) return text.slice(0, i);
    if (isWord && !inWord) words++;
    inWord = isWord;
  }
  return text;
}
