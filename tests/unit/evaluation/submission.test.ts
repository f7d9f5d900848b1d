import { describe, expect, it } from 'vitest';
import { choicePredictions, classPredictions, inOrder, temperatureReport } from '../../../src/main/evaluation/submission/predictions.ts';
import { pythonJson } from '../../../src/main/evaluation/submission/pythonJson.ts';
import { rescore } from '../../../src/main/evaluation/submission/rescore.ts';
import type { ChoiceItem } from '../../../src/main/evaluation/suites/suite.ts';
import type { ChoiceOutcome } from '../../../src/shared/outcomes.ts';

const outcome = (subtask: string, ...margins: number[]): ChoiceOutcome => ({ kind: 'choice', subtask, phenomenon: null, logprobs: Float64Array.from(margins.flatMap((margin) => [-5 + margin, -5])) });
const item = (good: string, bad: string, doc: Record<string, unknown> = {}, context = ''): ChoiceItem => ({ context, good, bad, line: 1, doc });

describe('pythonJson', () => {
  it('writes what json.dumps writes', () => {
    // python3 -c 'import json; print(json.dumps({"a": [1, -1, "é\x7f\u2028\U0001f642\"\\\n\x01"], "b": {}, "c": None, "d": True}))'
    expect(pythonJson({ a: [1, -1, 'é\x7f\u2028🙂"\\\n\x01'], b: {}, c: null, d: true })).toBe(
      String.raw`{"a": [1, -1, "\u00e9\u007f\u2028\ud83d\ude42\"\\\n\u0001"], "b": {}, "c": null, "d": true}`);
  });
});

describe('predictions', () => {
  it('are the likelier answers with their leading space, ties the good ones, in 2024', () => {
    const items = [item('A cat.', 'A cats.'), item('B: Yes.\\nA: No.', 'x'), item('same', 'other')];
    expect(choicePredictions('babylm-2024', outcome('hypernym', -1, 1, 0), items)).toEqual([
      { id: 'hypernym_0', pred: ' A cats.' }, { id: 'hypernym_1', pred: ' B: Yes.\nA: No.' }, { id: 'hypernym_2', pred: ' same' },
    ]);
  });

  it('are bare sentences, and targets with a space, in 2025', () => {
    expect(choicePredictions('babylm-2025', outcome('file', 1), [item('A cat.', 'B', { field: 'syntax', UID: 'uid' })])).toEqual([{ id: 'uid_0', pred: 'A cat.' }]);
    expect(choicePredictions('babylm-2025', outcome('social-relations', -1), [item('yes', 'no', {}, 'C.')])).toEqual([{ id: 'social-relations_0', pred: ' no' }]);
  });

  it('of classes are numbers, and tasks come in the order of collect_results.py', () => {
    const predicted = classPredictions({ kind: 'fine-tuning', subtask: 'rte', phenomenon: null, metric: 'accuracy', predicted: Int32Array.from([1, 0]), labels: Int32Array.from([0, 0]) });
    expect(predicted).toEqual([{ id: 'rte_0', pred: 1 }, { id: 'rte_1', pred: 0 }]);
    expect(Object.keys(inOrder('glue', new Map([['boolq', []], ['cola', []], ['mnli-mm', []]])))).toEqual(['cola', 'mnli-mm', 'boolq']);
    expect(Object.keys(inOrder('blimp', new Map([['b', []], ['a', []]])))).toEqual(['a', 'b']);
  });
});

describe('rescore', () => {
  it('compares trimmed texts, in lower case in 2024 alone', () => {
    const predictions = [{ id: 'a_0', pred: ' A Cat. ' }, { id: 'a_1', pred: 'a dog.' }];
    expect(rescore('babylm-2024', 'accuracy', predictions, ['a cat.', 'A dog.'])).toBe(1);
    expect(rescore('babylm-2025', 'accuracy', predictions, ['A Cat.', 'A dog.'])).toBe(0.5);
    expect(rescore('babylm-2024', 'accuracy', predictions, ['a cat.'])).toBe(1);
  });

  it('takes each class task by its metric', () => {
    const predictions = [1, 0, 1, 1].map((pred, i) => ({ id: `m_${i}`, pred }));
    expect(rescore('babylm-2024', 'f1', predictions, [1, 1, 1, 1])).toBeCloseTo(6 / 7, 12);
    expect(rescore('babylm-2024', 'accuracy', predictions, [1, 0, 0, 2])).toBe(0.5);
  });
});

describe('temperatureReport', () => {
  it('has the headings and percentages of 2025\'s pipeline', () => {
    const blimp = [{ outcome: outcome('x', 1, -1), items: [item('a', 'b', { field: 'syntax_semantics', UID: 'x', linguistics_term: 'npi' }), item('c', 'd', { field: 'syntax', UID: 'x', linguistics_term: 'npi' })] }];
    expect(temperatureReport(blimp, false)).toBe(
      'TEMPERATURE: 1.00\n\n### FIELD ACCURACY\nsyntax/semantics: 100.00\nsyntax: 0.00\n\n### UID ACCURACY\nx: 50.00\n\n### LINGUISTICS_TERM ACCURACY\nnpi: 50.00\n\n### AVERAGE ACCURACY\n50.00\n\n');
    const ewok = [{ outcome: outcome('social-relations', 1), items: [item('a', 'b', { ContextType: 'direct', ContextDiff: 'antonym', TargetDiff: 'swap' }, 'C.')] }];
    expect(temperatureReport(ewok, true)).toContain('### CONTEXT_TYPE ACCURACY\ndirect: 100.00\n');
  });
});
