/** A submission from stored scores: refused until it is whole, written in the challenge's forms, scored again to the same numbers. */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { gunzipSync } from 'node:zlib';
import { describe, expect, it, onTestFinished } from 'vitest';
import { findSuite } from '../../../src/main/evaluation/suites.ts';
import type { Submission, TaskPredictions } from '../../../src/main/evaluation/submission/predictions.ts';
import { evaluationHandlers } from '../../../src/main/handlers/evaluations.ts';
import type { Services } from '../../../src/main/handlers/services.ts';
import { OWNER } from '../../../src/main/handlers/caller.ts';
import { submissionHandlers } from '../../../src/main/handlers/submissions.ts';
import { temporaryFolder } from '../../support/jobContext.ts';
import { scoredWorkspace } from '../../support/scoredWorkspace.ts';
import { hasShared } from '../../support/shared.ts';

function setUp() {
  const root = temporaryFolder();
  const scored = scoredWorkspace(root);
  onTestFinished(() => scored.store.close());
  const services = { store: scored.store, workspace: scored.workspace } as unknown as Services;
  return { root, ...scored, ...submissionHandlers(services), ...evaluationHandlers(services) };
}

const whole = { model: 'm', protocol: 'babylm-2024', glue: 'glue' } as const;

describe.skipIf(!hasShared)('a submission', () => {
  it('is refused, with what is missing, until every item of every task is predicted', async () => {
    const { root, score, ...handlers } = setUp();
    const check = async () => handlers['submission.check'](whole, OWNER);
    expect((await check()).tasks.map(({ problems }) => problems)).toEqual(Array(4).fill(['not scored by babylm-2024 yet']));
    await score('supplement');
    await score('blimp', 'babylm-2024', (outcomes) => outcomes.slice(1).map((outcome, i) => (i === 0 && outcome.kind === 'choice' ? { ...outcome, logprobs: outcome.logprobs.slice(2) } : outcome)));
    const [blimp, supplement] = (await check()).tasks;
    expect(supplement!.problems).toEqual([]);
    expect(blimp!.problems).toEqual(['missing adjunct_island', 'anaphor_gender_agreement has 970 of 971 predictions']);
    await expect(async () => handlers['submission.write']({ ...whole, output: root }, OWNER)).rejects.toMatchObject({ code: 'bad-request', message: expect.stringContaining('missing adjunct_island') as string });
  });

  it('of 2024 is the file that collect_results.py makes, and has the same scores again', async () => {
    const { root, score, ...handlers } = setUp();
    for (const suite of ['blimp', 'supplement', 'ewok', 'glue']) await score(suite);
    expect(await handlers['submission.check'](whole, OWNER)).toMatchObject({ isComplete: true, notMeasured: [] });
    const { files, rescored } = await handlers['submission.write']({ ...whole, output: root }, OWNER);
    expect(files).toEqual([join(root, 'm_textonly_predictions.json.gz')]);
    const written = JSON.parse(gunzipSync(readFileSync(files[0]!)).toString('utf8')) as Submission;
    expect(Object.keys(written)).toEqual(['glue', 'blimp', 'blimp_supplement', 'ewok']);
    expect(Object.values(written).map((task) => Object.keys(task).length)).toEqual([11, 67, 5, 11]);
    expect(written.ewok['social-relations']!.predictions[0]).toEqual({ id: 'social-relations_0', pred: ' Look up for 0.' });
    expect(written.glue.cola!.predictions[1]).toEqual({ id: 'cola_1', pred: 1 });
    expect(rescored).toHaveLength(94);
    // Pairs that differ in case alone count as right there whatever was predicted; no other subtask may differ.
    const differing = rescored.filter(({ written: there, measured }) => Math.abs(there - measured) > 1e-12);
    for (const { written: there, measured, task } of differing) expect([task, there > measured]).toEqual([findSuite('blimp').title, true]);
    expect(differing.length).toBeLessThan(3);
    for (const row of rescored.filter(({ task }) => task.startsWith('GLUE'))) expect(row.written).toBeCloseTo(row.measured, 12);
  });

  it('of 2025 is a folder for each data set, and the two years never mix', async () => {
    const { root, score, ...handlers } = setUp();
    for (const suite of ['blimp', 'supplement', 'ewok']) await score(suite, 'babylm-2025');
    expect((await handlers['submission.check'](whole, OWNER)).tasks[0]!.problems).toEqual(['not scored by babylm-2024 yet']);
    const { files, rescored } = await handlers['submission.write']({ ...whole, protocol: 'babylm-2025', output: root }, OWNER);
    const base = join(root, 'results', 'm', 'main', 'zero_shot', 'causal');
    expect(files).toEqual(['blimp/blimp_filtered', 'blimp/supplement_filtered', 'ewok/ewok_filtered'].flatMap((folder) => [join(base, folder, 'predictions.json'), join(base, folder, 'best_temperature_report.txt')]));
    const blimp = JSON.parse(readFileSync(files[0]!, 'utf8')) as TaskPredictions;
    expect(Object.keys(blimp)).toHaveLength(67);
    expect(blimp.wh_island!.predictions[0]!.pred).toMatch(/^\S/);
    expect(readFileSync(files[1]!, 'utf8')).toMatch(/^TEMPERATURE: 1\.00\n\n### FIELD ACCURACY\n/);
    for (const { written, measured } of rescored) expect(Math.abs(written - measured)).toBeLessThan(1e-12);
  });

  it('leads to a leaderboard beside the published baselines, on official items alone', async () => {
    const { score, ...handlers } = setUp();
    for (const suite of ['blimp', 'supplement', 'ewok', 'glue-lora']) await score(suite);
    await score('blimp', 'babylm-2025');
    const { tasks, rows } = await handlers['evaluation.leaderboard']({ protocol: 'babylm-2024' }, OWNER);
    expect(tasks).toEqual(['BLiMP', 'Supplement', 'EWoK', 'GLUE']);
    const own = rows.filter(({ published }) => published === null);
    expect(own.map(({ name }) => name)).toEqual(['m, GLUE by LoRA']);
    const mean = own[0]!.scores.reduce((sum, one) => sum + one!.score, 0) / 4;
    expect(own[0]!.mean!.score).toBeCloseTo(mean, 12);
    expect(own[0]!.mean!.low).toBeLessThan(mean);
    expect(rows.find(({ name, published }) => name === 'BabyLlama' && published === '10M')!.mean).toEqual({ score: 0.608, low: null, high: null });
    const recent = await handlers['evaluation.leaderboard']({ protocol: 'babylm-2025' }, OWNER);
    expect(recent.rows.find(({ published }) => published === null)).toMatchObject({ name: 'm', scores: [{}, null, null], mean: null });
  });

  it('comes with breakdowns of what was scored', async () => {
    const { store, score, ...handlers } = setUp();
    await score('blimp');
    const [evaluation] = store.listEvaluations({});
    const groups = await handlers['evaluation.breakdown']({ evaluationIds: [evaluation!.id], by: 'field' }, OWNER);
    expect(groups.map(({ group }) => group)).toEqual(['morphology', 'semantics', 'syntax', 'syntax/semantics']);
    expect(groups.reduce((sum, { items }) => sum + items, 0)).toBe(59_875);
    const lengths = await handlers['evaluation.breakdown']({ evaluationIds: [evaluation!.id], by: 'length' }, OWNER);
    expect(lengths.length).toBeGreaterThan(3);
    expect(await handlers['evaluation.breakdown']({ evaluationIds: [evaluation!.id], by: 'phenomenon' }, OWNER)).toHaveLength(12 + 1);
  });
});
