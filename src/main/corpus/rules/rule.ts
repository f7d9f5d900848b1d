/**
 * The shape of a cleaning rule. Files of hundreds of megabytes, some of them one line, must not be held in memory, so a rule is
 * a machine that is fed pieces of text and gives out what it is sure of. Feeding a text in pieces of any size gives the same
 * as feeding it whole; a property test holds every rule to that.
 */
import { codePoints } from '../pythonText.ts';

export interface Rule {
  /** Takes the next piece of the text (never half a code point) and gives out what can be told already. */
  push(text: string): string;
  /** Gives out the rest at the end of the text. */
  end(): string;
  /** What was changed, one log per thing that the rule does. */
  readonly logs: readonly ChangeLog[];
  /** For a rule that must know the whole text before it can start: it is fed all of it here first. Only a file's first rule may. */
  readonly scan?: { push(text: string): void; end(): void };
}

const EXAMPLES = 5;
const CONTEXT = 24;
const LONGEST_EXAMPLE = 160;

/** Counts what a rule changes and keeps the first few changes as examples. */
export class ChangeLog {
  readonly rule: string;
  changes = 0;
  codePointsRemoved = 0;
  readonly examples: { before: string; after: string }[] = [];

  constructor(rule: string) {
    this.rule = rule;
  }

  /** Notes that `text[start, end)` becomes `replacement`; the text around it only serves as the example's context. */
  replaced(text: string, start: number, end: number, replacement: string): void {
    this.changes++;
    this.codePointsRemoved += codePoints(text.slice(start, end)) - codePoints(replacement);
    if (this.examples.length >= EXAMPLES) return;
    const left = text.slice(Math.max(0, start - CONTEXT), start);
    const right = text.slice(end, end + CONTEXT);
    this.#example(left + text.slice(start, end) + right, left + replacement + right);
  }

  /** Notes a change whose size was counted elsewhere. */
  counted(before: string, after: string, removed: number): void {
    this.changes++;
    this.codePointsRemoved += removed;
    if (this.examples.length < EXAMPLES) this.#example(before, after);
  }

  #example(before: string, after: string): void {
    const cut = (text: string): string =>
      (text.length > LONGEST_EXAMPLE ? `${text.slice(0, LONGEST_EXAMPLE)}…` : text).toWellFormed();
    this.examples.push({ before: cut(before), after: cut(after) });
  }
}
