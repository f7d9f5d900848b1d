import { codePoints } from '../pythonText.ts';
import { ChangeLog, type Rule } from './rule.ts';

/** "subtitle" as Python's IGNORECASE finds it, which takes a long s and the Turkish i's for their plain letters. */
const SUBTITLE = /[sSſ][uU][bB][tT][iIİı][tT][lL][eE]/;
const LENGTH = 'subtitle'.length;

/**
 * Drops every line that contains "subtitle", with its newline; a last line without one stays, as `^.*subtitle.*$\n` wants it.
 *
 * Whether a line goes is known at its end only, and the 2024 corpus is one line of hundreds of megabytes. So the text is read
 * twice: a scan notes which lines go, one bit each, and then nothing needs to be held.
 */
export class DropSubtitleCredits implements Rule {
  readonly #log = new ChangeLog('subtitle credits');
  readonly logs = [this.#log];
  readonly #drop = new Bits();
  readonly #scanner = { line: 0, tail: '', found: false };
  #line = 0;
  #removed = 0;
  #beginning = '';

  readonly scan = {
    push: (text: string): void => {
      const state = this.#scanner;
      let start = 0;
      for (let end = text.indexOf('\n'); end >= 0; end = text.indexOf('\n', start)) {
        state.found ||= SUBTITLE.test(state.tail + text.slice(start, end));
        if (state.found) this.#drop.set(state.line);
        state.line++;
        state.found = false;
        state.tail = '';
        start = end + 1;
      }
      const rest = state.tail + text.slice(start);
      state.found ||= SUBTITLE.test(rest);
      state.tail = rest.slice(-(LENGTH - 1));
    },
    end: (): void => {},
  };

  push(text: string): string {
    let out = '';
    let start = 0;
    while (start < text.length) {
      const newline = text.indexOf('\n', start);
      const end = newline < 0 ? text.length : newline + 1;
      const part = text.slice(start, end);
      if (this.#drop.has(this.#line)) this.#lose(part, newline >= 0);
      else out += part;
      if (newline >= 0) this.#line++;
      start = end;
    }
    return out;
  }

  end(): string {
    return '';
  }

  #lose(part: string, complete: boolean): void {
    this.#removed += codePoints(part);
    if (this.#beginning.length < 200) this.#beginning += part.slice(0, 200);
    if (!complete) return;
    this.#log.counted(this.#beginning, '', this.#removed);
    this.#removed = 0;
    this.#beginning = '';
  }
}

/** A growing set of natural numbers, one bit each. */
class Bits {
  #bytes = new Uint8Array(1 << 10);

  set(index: number): void {
    const byte = Math.floor(index / 8);
    if (byte >= this.#bytes.length) {
      const grown = new Uint8Array(byte * 2);
      grown.set(this.#bytes);
      this.#bytes = grown;
    }
    this.#bytes[byte]! |= 1 << (index % 8);
  }

  has(index: number): boolean {
    return ((this.#bytes[Math.floor(index / 8)] ?? 0) & (1 << (index % 8))) !== 0;
  }
}
