import { ChangeLog, type Rule } from './rule.ts';

/** `[ \t\u00A0]+` becomes one space. A run needs no memory: its first character gives the space, the rest gives nothing. */
export class CollapseSpaces implements Rule {
  readonly #log = new ChangeLog('runs of spaces');
  readonly logs = [this.#log];
  /** True while the text given out so far ends inside of a run. */
  #inRun = false;
  /** True when that run has been counted as changed. */
  #counted = false;

  push(text: string): string {
    if (text.length === 0) return '';
    let start = 0;
    if (this.#inRun) {
      while (start < text.length && isSpace(text.charCodeAt(start))) start++;
      if (start > 0) this.#continued(text, start);
      if (start === text.length) return '';
    }
    this.#inRun = isSpace(text.charCodeAt(text.length - 1));
    this.#counted = false;
    const rest = text.slice(start);
    return rest.replace(/[\t\xa0][ \t\xa0]*| [ \t\xa0]+/g, (run, index: number) => {
      this.#log.replaced(rest, index, index + run.length, ' ');
      if (index + run.length === rest.length) this.#counted = true;
      return ' ';
    });
  }

  end(): string {
    this.#inRun = false;
    return '';
  }

  /** A run that began in the last piece goes on for `length` characters: they vanish. */
  #continued(text: string, length: number): void {
    if (this.#counted) this.#log.codePointsRemoved += length;
    else this.#log.replaced(text, 0, length, '');
    this.#counted = true;
  }
}

function isSpace(unit: number): boolean {
  return unit === 0x20 || unit === 0x09 || unit === 0xa0;
}
