/** What users of other tools complain of: numbers, tables and curves. */
import Database from 'better-sqlite3';
import { join } from 'node:path';
import { describe, expect, it, onTestFinished } from 'vitest';
import { compareRuns } from '../../../src/main/compare.ts';
import { compareSubtasks } from '../../../src/main/evaluation/comparison.ts';
import { Store } from '../../../src/main/store/store.ts';
import { temporaryFolder } from '../../support/jobContext.ts';

function openStore(): { store: Store; path: string } {
  const path = join(temporaryFolder(), 'cria.db');
  const store = Store.open(path);
  onTestFinished(() => store.close());
  return { store, path };
}

const newRun = (store: Store, name: string, modelName = name) => store.createRun({ kind: 'train', name, modelName, params: { config: {} }, project: '' }).id;
/** Log-probabilities of pairs of which these are right. */
const measured = (right: readonly boolean[]) => [{ kind: 'choice' as const, subtask: 's', phenomenon: null, logprobs: Float64Array.from(right.flatMap((is) => (is ? [-1, -2] : [-2, -1]))) }];

it('lm-eval 3831: models on the same items are compared pair by pair, where an unpaired test would see nothing', () => {
  // Of 200 items the second model has right all that the first has, and 12 more but for 1.
  const first = Array.from({ length: 200 }, (_, i) => i < 140);
  const second = first.map((is, i) => (i >= 140 && i < 152 ? true : i === 0 ? false : is));
  const share = (right: boolean[]) => right.filter(Boolean).length / right.length;
  const pooled = (share(first) + share(second)) / 2;
  const unpairedZ = Math.abs(share(second) - share(first)) / Math.sqrt((2 * pooled * (1 - pooled)) / 200);
  expect(unpairedZ).toBeLessThan(1.96);
  const { low, subtasks } = compareSubtasks(measured(first), measured(second));
  expect(subtasks[0]!.p).toBeLessThan(0.01);
  expect(low).toBeGreaterThan(0);
});

it('evaluation-pipeline-2025 #27: scores of another version or protocol are never set against each other', () => {
  const { store } = openStore();
  const ids = ['a', 'b', 'c'].map((name) => newRun(store, name));
  const score = (model: string, version: string, protocol: string) =>
    store.recordEvaluation(store.createRun({ kind: 'evaluate', name: model, params: {}, project: '' }).id, {
      suite: 'blimp', version, protocol, startToken: '<s>', prefixSpace: false, model, step: null, score: 0.5, low: 0.4, high: 0.6,
      subtasks: [{ subtask: 's', phenomenon: null, items: 2, correct: 1, metric: 'accuracy', score: 0.5, low: 0, high: 1 }], phenomena: [], seconds: 1,
    }, measured([true, false]));
  score('a', '1', 'babylm-2024');
  score('b', '2', 'babylm-2024');
  score('c', '1', 'babylm-2025');
  const { scores } = compareRuns(store, ids);
  expect(scores.map(({ version, protocol }) => `${version} ${protocol}`).sort()).toEqual(['1 babylm-2024', '1 babylm-2025', '2 babylm-2024']);
  for (const { scores: values, against } of scores) {
    expect(values.filter((value) => value !== null)).toHaveLength(1);
    expect(against).toEqual([]);
  }
});

describe('TensorBoard 6077, 1013, 1002: what is on the screen is read, not everything', () => {
  it('a long series is overlooked without its points, and no extreme is missed', () => {
    const { store, path } = openStore();
    const id = newRun(store, 'long');
    const count = 200_000;
    const value = (step: number) => (step === 77_777 ? 99 : step === 123_456 ? -99 : step === 50_000 ? NaN : Math.sin(step / 1000));
    for (let from = 1; from <= count; from += 20_000) store.appendMetrics(id, Array.from({ length: 20_000 }, (_, i) => ({ step: from + i, values: { 'train/loss': value(from + i) } })));
    const whole = store.metricSeries(id, ['train/loss'], { maxPoints: count, smoothing: 0 })[0]!;
    expect(whole.values).toHaveLength(count);
    // The points themselves are taken away: the view from afar does not need them.
    const other = new Database(path);
    other.exec('DELETE FROM metric_chunks');
    other.close();
    const [view] = store.metricSeries(id, ['train/loss'], { maxPoints: 400 });
    expect(view!.count).toBe(count);
    expect(view!.steps.length).toBeLessThanOrEqual(401);
    expect([view!.steps[0], view!.steps.at(-1)]).toEqual([1, count]);
    expect(view!.values[view!.steps.indexOf(77_777)]).toBe(99);
    expect(view!.values[view!.steps.indexOf(123_456)]).toBe(-99);
    expect(view!.values[view!.steps.indexOf(50_000)]).toBeNaN();
  });

  it('chunks that an older version sealed are overlooked just so', () => {
    const { store, path } = openStore();
    const id = newRun(store, 'old');
    store.appendMetrics(id, Array.from({ length: 30_000 }, (_, i) => ({ step: i, values: { m: (i * 7919) % 1000 } })));
    const view = () => store.metricSeries(id, ['m'], { maxPoints: 50, from: 5000, to: 25_000 })[0]!;
    const before = view();
    const other = new Database(path);
    other.exec('DELETE FROM metric_extremes');
    other.close();
    expect(view()).toEqual(before);
    expect(before.count).toBe(20_001);
    expect(before.steps.every((step) => step >= 5000 && step <= 25_000)).toBe(true);
  });
});

it('MLflow 11260, 6348, W&B 736, 3508: the list of runs shows and sorts by last, best, smallest and largest values', () => {
  const { store } = openStore();
  const log = (name: string, values: number[]) => {
    const id = newRun(store, name);
    store.appendMetrics(id, values.map((value, step) => ({ step, values: { 'eval/accuracy': value } })));
    return id;
  };
  log('fell back', [0.2, 0.9, 0.3]);
  log('rose', [0.1, 0.5, 0.6]);
  log('broke', [0.4, 0.7, NaN]);
  newRun(store, 'silent');
  const columns = (['last', 'min', 'max'] as const).map((value) => ({ metric: 'eval/accuracy', value }));
  const sorted = (value: 'last' | 'min' | 'max', descending: boolean) => store.listRuns({ sort: { metric: 'eval/accuracy', value }, descending, columns }).rows.map(({ name }) => name);
  expect(sorted('max', true)).toEqual(['fell back', 'broke', 'rose', 'silent']);
  expect(sorted('min', false)).toEqual(['rose', 'fell back', 'broke', 'silent']);
  expect(sorted('last', true).slice(0, 2)).toEqual(['rose', 'fell back']);
  const { rows, values } = store.listRuns({ columns, sort: 'name', descending: false });
  expect(Object.fromEntries(rows.map(({ name }, i) => [name, values[i]]))).toEqual({ broke: [NaN, 0.4, 0.7], 'fell back': [0.3, 0.2, 0.9], rose: [0.6, 0.1, 0.6], silent: [null, null, null] });
});
