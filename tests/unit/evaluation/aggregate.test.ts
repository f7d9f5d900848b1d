import { mkdtempSync, readFileSync, rmSync, truncateSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, describe, expect, it } from 'vitest';
import type { SuiteScore } from '../../../src/shared/results.ts';
import { decisions, type ChoiceOutcome, type ClassOutcome } from '../../../src/shared/outcomes.ts';
import { aggregate } from '../../../src/main/evaluation/aggregate.ts';
import { compareSubtasks } from '../../../src/main/evaluation/comparison.ts';
import { fileName, readOutcome, readOutcomes, writeOutcome, type OutcomePlace } from '../../../src/main/evaluation/outcomeFiles.ts';
import { PROTOCOL } from '../../../src/main/evaluation/protocols.ts';
import { writeSamples } from '../../../src/main/evaluation/samples.ts';
import { wilson } from '../../../src/main/evaluation/statistics.ts';

const folder = mkdtempSync(join(tmpdir(), 'cria-aggregate-'));
afterAll(() => rmSync(folder, { recursive: true }));

const near = (value: number) => expect.closeTo(value, 12) as number;

/** A subtask whose items are right (1), wrong (0) or tied (2). */
const measured = (subtask: string, phenomenon: string | null, outcomes: number[]): ChoiceOutcome => ({
  kind: 'choice', subtask, phenomenon, logprobs: Float64Array.from(outcomes.flatMap((one) => [-10, one === 2 ? -10 : one === 1 ? -11 : -9])),
});

describe('aggregate', () => {
  const subtasks = [measured('a', 'p', [1, 1, 0, 2]), measured('b', 'p', [0, 1]), measured('c', 'q', [1])];

  it('counts ties as correct', () => {
    expect([...decisions(subtasks[0]!)]).toEqual([1, 1, 0, 1]);
  });

  it('means without weights, over subtasks and within phenomena', () => {
    const { overall, subtasks: rows, phenomena } = aggregate(subtasks);
    expect(rows.map(({ subtask, items, correct, score }) => [subtask, items, correct, score])).toEqual([['a', 4, 3, 0.75], ['b', 2, 1, 0.5], ['c', 1, 1, 1]]);
    expect(rows[0]).toMatchObject(wilson(3, 4));
    expect(overall.value).toBe(0.75);
    expect(phenomena.map(({ subtask, items, correct, score }) => [subtask, items, correct, score])).toEqual([['p', 6, 4, 0.625], ['q', 1, 1, 1]]);
  });

  it('has no phenomena where the suite has none', () => {
    expect(aggregate([measured('a', null, [1])]).phenomena).toEqual([]);
  });
});

describe('compareSubtasks', () => {
  it('tests pair by pair and gives second minus first', () => {
    const first = [measured('a', 'p', [0, 0, 0, 0, 0, 0, 1, 1]), measured('b', 'q', [1, 0])];
    const second = [measured('b', 'q', [0, 1]), measured('a', 'p', [1, 1, 1, 1, 1, 1, 1, 0]), measured('only here', null, [1])];
    const { difference, low, high, subtasks } = compareSubtasks(first, second);
    expect(subtasks).toEqual([
      { subtask: 'a', phenomenon: 'p', items: 8, metric: 'accuracy', scores: [0.25, 0.875], onlyFirst: 1, onlySecond: 6, p: near(0.125), pAdjusted: near(0.25) },
      { subtask: 'b', phenomenon: 'q', items: 2, metric: 'accuracy', scores: [0.5, 0.5], onlyFirst: 1, onlySecond: 1, p: 1, pAdjusted: 1 },
    ]);
    expect(difference).toBeCloseTo(0.3125, 12);
    expect(low).toBeLessThan(difference);
    expect(high).toBeGreaterThan(difference);
  });

  it('takes other metrics as they are, with a bootstrapped interval', () => {
    const classes = (predicted: number[]): ClassOutcome => ({ kind: 'fine-tuning', subtask: 'mrpc', phenomenon: null, metric: 'f1', labels: Int32Array.from([1, 1, 1, 0, 0, 1, 0, 1]), predicted: Int32Array.from(predicted) });
    const { difference, low, high, subtasks } = compareSubtasks([classes([1, 0, 0, 0, 0, 1, 1, 1])], [classes([1, 1, 1, 0, 0, 1, 1, 1])]);
    expect(subtasks).toMatchObject([{ metric: 'f1', scores: [near(2 / 3), near(10 / 11)], onlyFirst: 0, onlySecond: 2, p: near(0.5) }]);
    expect(difference).toBeCloseTo(10 / 11 - 2 / 3, 12);
    expect(low).toBeGreaterThanOrEqual(0); // The second model is never wrong where the first is right.
    expect(high).toBeGreaterThan(difference);
  });

  it('refuses models without a subtask in common', () => {
    expect(() => compareSubtasks([measured('a', null, [1])], [measured('b', null, [1])])).toThrow(RangeError);
  });
});

describe('outcome files', () => {
  const digest = 'ab'.repeat(32);
  const place: OutcomePlace = { runFolder: folder, model: '../odd name', step: null, suite: 'pairs:my own' };
  const outcome: ChoiceOutcome = { kind: 'choice', subtask: 's', phenomenon: 'p', logprobs: Float64Array.from([-1.5, -2.25, -1e-300, -123.456]) };
  const head = { subtask: 's', phenomenon: 'p', metric: 'accuracy' } as const;
  const score = (items: number): SuiteScore => ({
    suite: 'pairs:my own', version: '1', protocol: 'x', startToken: null, prefixSpace: false, model: '../odd name', step: null, score: 1, low: 0, high: 1, phenomena: [], seconds: 0,
    subtasks: [{ ...head, items, correct: 1, score: 1, low: 0, high: 1 }],
  });

  it('come back bit for bit, under any names', () => {
    writeOutcome(place, digest, outcome);
    expect(readOutcome(place, 'choice', head, digest)).toEqual(outcome);
    expect(readOutcomes(folder, score(2))).toEqual([outcome]);
    expect(fileName('../odd name')).toMatch(/^other-[0-9a-f]{16}$/);
    expect(fileName('Llama-16M')).toBe('Llama-16M');
  });

  it('keep predicted classes and checkpoints apart', () => {
    const classes = { kind: 'fine-tuning', subtask: 'cola', phenomenon: null, metric: 'matthews', predicted: Int32Array.from([1, 0, 1]), labels: Int32Array.from([1, 1, 0]) } as const;
    writeOutcome({ ...place, step: 20 }, digest, classes);
    expect(readOutcome({ ...place, step: 20 }, 'fine-tuning', classes, digest)).toEqual(classes);
    expect(readOutcome(place, 'fine-tuning', classes, digest)).toBeNull();
    expect(readOutcome({ ...place, step: 20 }, 'choice', classes, digest)).toBeNull();
  });

  it('do not count when they are of something else, missing or cut off', () => {
    expect(readOutcome(place, 'choice', head, 'cd'.repeat(32))).toBeNull();
    expect(readOutcome({ ...place, model: 'm', suite: 'blimp' }, 'choice', head, digest)).toBeNull();
    expect(() => readOutcomes(folder, score(3))).toThrow(expect.objectContaining({ code: 'not-found' }));
    writeOutcome({ ...place, model: 'm', suite: 'blimp' }, digest, outcome);
    truncateSync(join(folder, 'scores', 'm', 'blimp', 's.f64'), 60);
    expect(readOutcome({ ...place, model: 'm', suite: 'blimp' }, 'choice', head, digest)).toBeNull();
  });
});

describe('writeSamples', () => {
  it('writes what lm_eval logs', () => {
    const path = join(folder, 'out', 'blimp_x_filtered_results.jsonl');
    const doc = { sentence_good: 'A “cat”.', sentence_bad: 'B', UID: 'x' };
    writeSamples(path, PROTOCOL['babylm-2024'], [{ context: '', good: 'A “cat”.', bad: 'B', line: 1, doc }, { context: 'E', good: 'C', bad: 'D', line: 2, doc: {} }],
      Float64Array.from([-1, -2, -4, -3]), Uint8Array.from([1, 0, 0, 0]));
    expect(JSON.parse(readFileSync(path, 'utf8'))).toEqual([
      {
        doc_id: 0, doc, target: 0, arguments: [['', ' A “cat”.'], ['', ' B']], resps: [[[-1, true]], [[-2, false]]],
        filtered_resps: [[-1, true], [-2, false]], acc: 1,
      },
      {
        doc_id: 1, doc: {}, target: 0, arguments: [['E', ' C'], ['E', ' D']], resps: [[[-4, false]], [[-3, false]]],
        filtered_resps: [[-4, false], [-3, false]], acc: 0,
      },
    ]);
  });
});
