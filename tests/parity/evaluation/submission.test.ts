/** The challenge's own sample submission, written again byte for byte and scored to its published numbers. */
import { readFileSync } from 'node:fs';
import { gunzipSync } from 'node:zlib';
import { describe, expect, it } from 'vitest';
import { loadPairs } from '../../../src/main/evaluation/pairs.ts';
import type { Submission } from '../../../src/main/evaluation/submission/predictions.ts';
import { pythonJson } from '../../../src/main/evaluation/submission/pythonJson.ts';
import { rescore } from '../../../src/main/evaluation/submission/rescore.ts';
import type { Metric } from '../../../src/shared/scores.ts';
import { hasShared, sharedPath } from '../../support/shared.ts';

const read = (file: string) => readFileSync(sharedPath('data/oracle_sample_submission', file));

describe.skipIf(!hasShared)('the sample submission', () => {
  const text = hasShared ? gunzipSync(read('sample_textonly_predictions_without_ewok.json.gz')).toString('utf8') : '{}';
  const submission = JSON.parse(text) as Submission;
  const published = hasShared ? (JSON.parse(read('scores_by_score_predictions_formula.json').toString('utf8')) as Record<string, Record<string, number>>) : {};

  it('comes out byte for byte as Python wrote it', () => {
    expect(pythonJson(submission) === text).toBe(true);
  });

  it.each([['blimp', 'blimp_filtered', 67], ['blimp_supplement', 'supplement_filtered', 5]] as const)('has its scores on %s', async (task, folder, count) => {
    const subtasks = Object.keys(submission[task]);
    expect(subtasks).toHaveLength(count);
    for (const subtask of subtasks) {
      const gold = (await loadPairs(sharedPath('data', folder, `${subtask}.jsonl`))).map(({ good }) => good);
      const { predictions } = submission[task][subtask]!;
      expect(predictions).toHaveLength(gold.length);
      expect(Math.abs(rescore('babylm-2024', 'accuracy', predictions, gold) - published[task]![subtask]!)).toBeLessThan(1e-12);
    }
  });

  // Of the tasks whose numbers reproduce (the reference's README names them), those whose data is here in full.
  it.each([['mrpc', 'f1', 'mrpc (F1)'], ['rte', 'accuracy', 'rte']] as [string, Metric, string][])('has its score on %s', (task, metric, name) => {
    const labels = readFileSync(sharedPath('data/glue', `${task}.valid.jsonl`), 'utf8').trim().split('\n').map((line) => (JSON.parse(line) as { label: number }).label);
    const { predictions } = submission.glue[task]!;
    expect(Math.abs(rescore('babylm-2024', metric, predictions, labels) - published.glue![name]!)).toBeLessThan(1e-12);
  });
});
