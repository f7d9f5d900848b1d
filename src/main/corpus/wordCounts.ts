/** Counting the words of a corpus, line by line as a tokenizer is trained. */
import { CriaError } from '../../shared/errors.ts';
import { lastSafeCut, normalizedWords } from './byteLevel.ts';
import { LONGEST_LINE } from './rules/lines.ts';
import { readText, type ReadOptions } from './textFile.ts';

/** Lines longer than this are counted in pieces, which changes nothing. */
const LONG_LINE = 1 << 20;

/** How often each word occurs; words as text. */
export class WordCounts {
  readonly counts = new Map<string, number>();
  #held = '';

  /**
   * Counts a file as it is, without translating newlines: each line with its `\n` is normalised on its own and gets a prefix space.
   *
   * @throws CriaError `bad-input` when the file is not text
   */
  async addFile(path: string, options: ReadOptions): Promise<void> {
    for await (const piece of readText(path, options)) this.#add(path, piece);
    this.#count(this.#held);
    this.#held = '';
  }

  #add(path: string, piece: string): void {
    const text = this.#held + piece;
    let start = 0;
    for (let end = text.indexOf('\n'); end >= 0; end = text.indexOf('\n', start)) {
      this.#count(text.slice(start, end + 1));
      start = end + 1;
    }
    this.#held = text.slice(start);
    if (this.#held.length <= LONG_LINE) return;
    const cut = lastSafeCut(this.#held);
    if (cut < 0) {
      if (this.#held.length <= LONGEST_LINE) return;
      throw new CriaError('bad-input', `${path} has a line of more than ${LONGEST_LINE} characters without a space after an ASCII character.`,
        'Break such a line into shorter ones.');
    }
    this.#count(this.#held.slice(0, cut));
    this.#held = this.#held.slice(cut);
  }

  #count(line: string): void {
    for (const word of normalizedWords(line, true)) {
      const count = this.counts.get(word);
      if (count !== undefined) this.counts.set(word, count + 1);
      // A slice would keep the whole piece that it was cut from in memory.
      else this.counts.set(word.length < 13 ? word : Buffer.from(word).toString(), 1);
    }
  }
}
