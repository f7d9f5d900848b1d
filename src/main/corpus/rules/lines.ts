/** Rules that look at whole lines. They hold one line, and refuse one that is too long to be a line of such a text. */
import { CriaError } from '../../../shared/errors.ts';
import { PYTHON_LINE_END, PYTHON_SPACE, capitalize, codePoints, strip } from '../pythonText.ts';
import { ChangeLog, type Rule } from './rule.ts';

/** Longest line that is held, in UTF-16 units: two bytes each at most, so 128 MiB. */
export const LONGEST_LINE = 1 << 26;

/** Collects the pieces of a line until its end is seen, without joining them over and over. */
class HeldLine {
  #parts: string[] = [];
  #length = 0;
  readonly #rule: string;
  readonly #limit: number;

  constructor(rule: string, limit: number) {
    this.#rule = rule;
    this.#limit = limit;
  }

  add(text: string): void {
    if (text.length === 0) return;
    this.#length += text.length;
    if (this.#length > this.#limit) {
      throw new CriaError('bad-input', `A line is longer than ${this.#limit} characters; the rule "${this.#rule}" judges whole lines.`,
        'Check that the file is the original one, with its line breaks: some copies of BabyLM have lost them.');
    }
    this.#parts.push(text);
  }

  take(): string {
    const line = this.#parts.length === 1 ? this.#parts[0]! : this.#parts.join('');
    this.#parts = [];
    this.#length = 0;
    return line;
  }

  get isEmpty(): boolean {
    return this.#length === 0;
  }
}

/** `= = = (.+?) = = =\n` is replaced by its group: the heading runs into the line that follows. */
export class WikipediaHeadings implements Rule {
  readonly #log = new ChangeLog('headings');
  readonly logs = [this.#log];
  readonly #line: HeldLine;

  constructor(longestLine = LONGEST_LINE) {
    this.#line = new HeldLine(this.#log.rule, longestLine);
  }

  push(text: string): string {
    let out = '';
    let start = 0;
    for (let end = text.indexOf('\n'); end >= 0; end = text.indexOf('\n', start)) {
      this.#line.add(text.slice(start, end + 1));
      out += this.#unwrap(this.#line.take());
      start = end + 1;
    }
    this.#line.add(text.slice(start));
    return out;
  }

  end(): string {
    return this.#line.take();
  }

  /** The dot of `.+?` stops at newlines and the pattern ends with one, so a match is the line's end from its first mark on. */
  #unwrap(line: string): string {
    const mark = line.indexOf('= = = ');
    if (mark < 0 || !line.endsWith(' = = =\n')) return line;
    const title = line.slice(mark + 6, Math.max(mark + 6, line.length - 7));
    if (title.length === 0) return line;
    this.#log.replaced(line, mark, line.length, title);
    return line.slice(0, mark) + title;
  }
}

/**
 * str.splitlines, a change of each line, and '\n'.join: so line boundaries of every kind become `\n`, and the last line loses
 * its own.
 */
abstract class EachLine implements Rule {
  abstract readonly logs: readonly ChangeLog[];
  protected readonly boundaries = new ChangeLog('line boundaries');
  protected readonly stripped = new ChangeLog('space around lines');
  readonly #line: HeldLine;
  #lineEnd = new RegExp(PYTHON_LINE_END, 'g');
  /** The boundary that waits for something to follow; null before the first line's end. */
  #boundary: string | null = null;
  /** True when the last piece ended with \r, which may be half of \r\n. */
  #afterReturn = false;

  constructor(rule: string, longestLine: number) {
    this.#line = new HeldLine(rule, longestLine);
  }

  protected abstract change(line: string): string;

  push(text: string): string {
    if (text.length === 0) return '';
    let out = '';
    let start = 0;
    if (this.#afterReturn && text[0] === '\n') {
      this.#boundary = '\r\n';
      start = 1;
    }
    this.#afterReturn = false;
    this.#lineEnd.lastIndex = start;
    for (let match = this.#lineEnd.exec(text); match; match = this.#lineEnd.exec(text)) {
      this.#line.add(text.slice(start, match.index));
      out += this.#finish();
      this.#boundary = match[0];
      start = match.index + match[0].length;
      this.#afterReturn = match[0] === '\r' && start === text.length;
    }
    this.#line.add(text.slice(start));
    return out;
  }

  end(): string {
    if (!this.#line.isEmpty) return this.#finish();
    const last = this.#boundary;
    if (last !== null) this.boundaries.counted(last, '', codePoints(last));
    this.#boundary = null;
    return '';
  }

  /** The held line is complete: gives out the boundary before it and the line. */
  #finish(): string {
    const before = this.#boundary;
    if (before !== null && before !== '\n') this.boundaries.counted(before, '\n', codePoints(before) - 1);
    this.#boundary = null;
    const line = this.change(this.#line.take());
    const bare = strip(line);
    if (bare.length < line.length) this.stripped.counted(line, bare, line.length - bare.length);
    return (before === null ? '' : '\n') + bare;
  }
}

/** Strips each line. */
export class StripLines extends EachLine {
  readonly logs = [this.boundaries, this.stripped];

  constructor(longestLine = LONGEST_LINE) {
    super('space around lines', longestLine);
  }

  protected override change(line: string): string {
    return line;
  }
}

/** Subtitles in capitals get sentence case, and the I back that was read as l. Then each line is stripped. */
export class SentenceCase extends EachLine {
  readonly #log = new ChangeLog('capitals');
  readonly logs = [this.#log, this.boundaries, this.stripped];

  constructor(longestLine = LONGEST_LINE) {
    super('capitals', longestLine);
  }

  protected override change(line: string): string {
    const body = withoutAsides(line);
    // The original divides by the body's length and fails on a line of nothing but brackets and stops; such a line stays.
    if (body.length === 0 || countUpper(body) * 2 < codePoints(body)) return line;
    const changed = line.replaceAll('l', 'I').split(SENTENCE_END).map(capitalize).join('');
    if (changed !== line) this.#log.counted(line, changed, codePoints(line) - codePoints(changed));
    return changed;
  }
}

/** The line without `\(.*?\)` and `[.!?]`. Nothing opens a bracket behind the last closing one, which keeps the search linear. */
function withoutAsides(line: string): string {
  const end = line.lastIndexOf(')') + 1;
  return line.slice(0, end).replace(/\([^)]*\)|[.!?]/g, '') + line.slice(end).replace(/[.!?]/g, '');
}

const SENTENCE_END = new RegExp(`([.!?][${PYTHON_SPACE}]*)`);

function countUpper(text: string): number {
  let count = 0;
  for (const _ of text.matchAll(/\p{Uppercase}/gu)) count++;
  return count;
}

/** text[1:]. */
export class DropFirstCharacter implements Rule {
  readonly #log = new ChangeLog('first character');
  readonly logs = [this.#log];
  #dropped = false;

  push(text: string): string {
    if (this.#dropped || text.length === 0) return text;
    this.#dropped = true;
    const length = String.fromCodePoint(text.codePointAt(0)!).length;
    this.#log.replaced(text, 0, length, '');
    return text.slice(length);
  }

  end(): string {
    return '';
  }
}
