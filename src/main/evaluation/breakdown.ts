/** Accuracy by groups of items: by what they test, and by how long they are. */
import { decisions, type ChoiceOutcome } from '../../shared/outcomes.ts';
import { wilson, type Estimate } from './statistics.ts';
import type { ChoiceItem } from './suites/suite.ts';

export type BreakdownBy = 'phenomenon' | 'field' | 'length';

export interface BreakdownGroup {
  group: string;
  items: number;
  /** Share of right answers among the group's items with its Wilson interval, one an evaluation. */
  scores: Estimate[];
}

/** A subtask's items, and what each of the evaluations made of them. */
export interface BrokenDown {
  subtask: string;
  phenomenon: string | null;
  items: readonly ChoiceItem[];
  outcomes: readonly ChoiceOutcome[];
}

const LENGTH_GROUPS = 6;

/** Groups in alphabetical order, lengths from short to long. Items are pooled over subtasks, unlike in a suite's score. */
export function breakDown(subtasks: readonly BrokenDown[], by: BreakdownBy): BreakdownGroup[] {
  const groupOf = by === 'length' ? lengthGroups(subtasks.flatMap(({ items }) => items.map(wordsOf))) : null;
  const cells = new Map<string, { items: number; correct: number[]; order: number }>();
  for (const { subtask, phenomenon, items, outcomes } of subtasks) {
    const right = outcomes.map(decisions);
    items.forEach((item, i) => {
      const [group, order] = groupOf ? groupOf(wordsOf(item)) : [labelOf(item, by, phenomenon ?? subtask), 0];
      const cell = cells.get(group) ?? { items: 0, correct: outcomes.map(() => 0), order };
      cell.items++;
      right.forEach((each, column) => (cell.correct[column]! += each[i]!));
      cells.set(group, cell);
    });
  }
  return [...cells]
    .sort(([a, first], [b, second]) => first.order - second.order || (a < b ? -1 : 1))
    .map(([group, { items, correct }]) => ({ group, items, scores: correct.map((count) => ({ value: count / items, ...wilson(count, items) })) }));
}

/** BLiMP's files spell one of its fields in two ways. */
export function fieldOf({ doc }: ChoiceItem): unknown {
  return doc.field === 'syntax_semantics' ? 'syntax/semantics' : doc.field;
}

function labelOf(item: ChoiceItem, by: BreakdownBy, otherwise: string): string {
  const value = by === 'field' ? fieldOf(item) : item.doc.linguistics_term;
  return typeof value === 'string' && value !== '' ? value : otherwise;
}

/** Words of the right answer and what comes before it, as white space parts them. */
function wordsOf({ context, good }: ChoiceItem): number {
  return `${context} ${good}`.split(/\s+/).filter((word) => word !== '').length;
}

/** Cuts lengths into groups of like numbers of items; items of one length stay together. */
function lengthGroups(lengths: readonly number[]): (length: number) => [string, number] {
  const sorted = [...lengths].sort((a, b) => a - b);
  const bounds = new Set(Array.from({ length: LENGTH_GROUPS }, (_, i) => sorted[Math.ceil(((i + 1) * sorted.length) / LENGTH_GROUPS) - 1]!));
  const upper = [...bounds];
  const lowest = (i: number) => (i === 0 ? sorted[0]! : upper[i - 1]! + 1);
  return (length) => {
    const i = upper.findIndex((bound) => length <= bound);
    return [lowest(i) === upper[i] ? `${upper[i]} words` : `${lowest(i)} to ${upper[i]} words`, i];
  };
}
