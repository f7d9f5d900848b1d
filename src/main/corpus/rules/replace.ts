/** Rules that replace every match of a short pattern. */
import { PYTHON_WORD } from '../pythonText.ts';
import { ChangeLog, type Rule } from './rule.ts';

/**
 * re.sub for a pattern of bounded length without look-around: a match never depends on more than its own characters, so only
 * the end of a piece that may be the beginning of a match has to wait for the next piece.
 */
class ReplaceRule implements Rule {
  readonly logs: readonly [ChangeLog];
  readonly #pattern: RegExp;
  readonly #replacement: (match: RegExpExecArray) => string;
  readonly #beginning: RegExp;
  #held = '';

  /**
   * @param pattern global; matches at most four UTF-16 units before its last character
   * @param beginning anchored at the end: every proper beginning of a match
   */
  constructor(name: string, pattern: RegExp, beginning: RegExp, replacement: (match: RegExpExecArray) => string) {
    this.logs = [new ChangeLog(name)];
    this.#pattern = pattern;
    this.#beginning = beginning;
    this.#replacement = replacement;
  }

  push(text: string): string {
    const whole = this.#held + text;
    let out = '';
    let done = 0;
    this.#pattern.lastIndex = 0;
    for (let match = this.#pattern.exec(whole); match; match = this.#pattern.exec(whole)) {
      const replacement = this.#replacement(match);
      const end = match.index + match[0].length;
      this.logs[0].replaced(whole, match.index, end, replacement);
      out += whole.slice(done, match.index) + replacement;
      done = end;
    }
    const tail = whole.slice(Math.max(done, whole.length - 4));
    const kept = this.#beginning.exec(tail)?.[0].length ?? 0;
    this.#held = whole.slice(whole.length - kept);
    return out + whole.slice(done, whole.length - kept);
  }

  end(): string {
    const rest = this.#held;
    this.#held = '';
    return rest;
  }
}

/** Every `\n\n` goes, both characters; of three newlines one stays. */
export function removeBlankLines(): Rule {
  return new ReplaceRule('blank lines', /\n\n/g, /\n$/, () => '');
}

/** A space, tab or no-break space before one of `.,;!?` goes. */
export function removeSpaceBeforePunctuation(): Rule {
  return new ReplaceRule('space before punctuation', /[ \t\xa0]([.,;!?])/g, /[ \t\xa0]$/, (match) => match[1]!);
}

/** The space of `dog 's` goes: between a word character and an apostrophe that a word character follows. */
export function removeSpaceBeforeApostrophe(): Rule {
  return new ReplaceRule(
    'space before apostrophe',
    new RegExp(`([${PYTHON_WORD}])[ \\t\\xa0](['’][${PYTHON_WORD}])`, 'gu'),
    new RegExp(`[${PYTHON_WORD}](?:[ \\t\\xa0]['’]?)?$`, 'u'),
    (match) => match[1]! + match[2]!,
  );
}
