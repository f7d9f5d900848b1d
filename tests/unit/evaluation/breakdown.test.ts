import { describe, expect, it } from 'vitest';
import { breakDown, type BrokenDown } from '../../../src/main/evaluation/breakdown.ts';
import { wilson } from '../../../src/main/evaluation/statistics.ts';

/** Items of so many words, right or not in each of two evaluations. */
function subtask(name: string, items: { words: number; right: [boolean, boolean]; doc?: object; context?: string }[]): BrokenDown {
  return {
    subtask: name,
    phenomenon: 'agreement',
    items: items.map(({ words, doc = {}, context = '' }, i) => ({ context, good: Array.from({ length: words }, () => 'w').join(' '), bad: 'x', line: i + 1, doc: doc as Record<string, unknown> })),
    outcomes: [0, 1].map((column) => ({ kind: 'choice', subtask: name, phenomenon: null, logprobs: Float64Array.from(items.flatMap(({ right }) => (right[column]! ? [-1, -2] : [-2, -1]))) })),
  };
}

describe('breakDown', () => {
  it('groups by length, the short first, with like numbers of items', () => {
    const items = Array.from({ length: 60 }, (_, i) => ({ words: 4 + (i % 12), right: [i % 12 < 6, true] as [boolean, boolean] }));
    const groups = breakDown([subtask('a', items.slice(0, 30)), subtask('b', items.slice(30))], 'length');
    expect(groups.map(({ group, items: count }) => [group, count])).toEqual([['4 to 5 words', 10], ['6 to 7 words', 10], ['8 to 9 words', 10], ['10 to 11 words', 10], ['12 to 13 words', 10], ['14 to 15 words', 10]]);
    expect(groups.map(({ scores }) => scores.map(({ value }) => value))).toEqual([[1, 1], [1, 1], [1, 1], [0, 1], [0, 1], [0, 1]]);
    expect(groups[3]!.scores[0]).toEqual({ value: 0, ...wilson(0, 10) });
  });

  it('keeps items of one length together, and counts the context', () => {
    const groups = breakDown([subtask('a', [{ words: 5, right: [true, true] }, { words: 5, right: [true, false] }, { words: 3, context: 'two more', right: [false, false] }])], 'length');
    expect(groups).toMatchObject([{ group: '5 words', items: 3, scores: [{ value: 2 / 3 }, { value: 1 / 3 }] }]);
  });

  it('groups by what the items say, else by the suite\'s phenomenon', () => {
    const groups = breakDown([
      subtask('a', [{ words: 2, right: [true, false], doc: { linguistics_term: 'binding', field: 'syntax' } }, { words: 2, right: [false, false] }]),
    ], 'phenomenon');
    expect(groups.map(({ group, items }) => [group, items])).toEqual([['agreement', 1], ['binding', 1]]);
    expect(breakDown([subtask('a', [{ words: 2, right: [true, true], doc: { field: 'syntax' } }])], 'field')[0]!.group).toBe('syntax');
  });
});
