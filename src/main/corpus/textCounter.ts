import { PYTHON_SPACE } from './pythonText.ts';

const isSpace = new Uint8Array(1 << 16);
const space = new RegExp(`[${PYTHON_SPACE}]`);
for (let unit = 0; unit < isSpace.length; unit++) {
  isSpace[unit] = Number(space.test(String.fromCharCode(unit)));
}

/** Counts a text that comes in pieces: code points, and words as Python's len(text.split()) counts them. */
export class TextCounter {
  codePoints = 0;
  words = 0;
  #inWord = 0;

  add(text: string): void {
    let lowSurrogates = 0;
    let words = 0;
    let inWord = this.#inWord;
    for (let i = 0; i < text.length; i++) {
      const unit = text.charCodeAt(i);
      const word = 1 - isSpace[unit]!;
      words += word & ~inWord;
      inWord = word;
      if ((unit & 0xfc00) === 0xdc00) lowSurrogates++;
    }
    this.#inWord = inWord;
    this.words += words;
    this.codePoints += text.length - lowSurrogates;
  }
}
