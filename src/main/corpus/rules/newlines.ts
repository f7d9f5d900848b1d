import { ChangeLog, type Rule } from './rule.ts';

/** Text mode of Python's open(): `\r\n` and a lone `\r` become `\n`. */
export class UniversalNewlines implements Rule {
  readonly #log = new ChangeLog('line endings');
  readonly logs = [this.#log];
  #held = '';

  push(text: string): string {
    let whole = this.#held + text;
    // A carriage return at the end of a piece may be the first half of \r\n.
    this.#held = whole.endsWith('\r') ? '\r' : '';
    if (this.#held) whole = whole.slice(0, -1);
    return this.#translate(whole);
  }

  end(): string {
    const rest = this.#translate(this.#held);
    this.#held = '';
    return rest;
  }

  #translate(text: string): string {
    if (!text.includes('\r')) return text;
    return text.replace(/\r\n?/g, (match, index: number) => {
      this.#log.replaced(text, index, index + match.length, '\n');
      return '\n';
    });
  }
}
