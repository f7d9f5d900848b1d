import { existsSync, mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { evaluate, score } from '../../../src/main/evaluation/evaluate.ts';
import { scoreSequences } from '../../../src/main/evaluation/score.ts';
import { loadScoringModel } from '../../../src/main/evaluation/scoringModel.ts';
import { readOutcomes } from '../../../src/main/evaluation/outcomeFiles.ts';
import { tf } from '../../../src/main/tensorflow/tf.ts';
import { Workspace } from '../../../src/main/workspace.ts';
import type { JobParams } from '../../../src/shared/jobs.ts';
import type { ChoiceOutcome } from '../../../src/shared/outcomes.ts';
import type { SuiteScore } from '../../../src/shared/results.ts';
import { comparisonKey } from '../../../src/shared/scores.ts';
import { RecordingContext, temporaryFolder } from '../../support/jobContext.ts';
import { makeLetterModel } from '../../support/letterModels.ts';

/** Log-probabilities by subtask, in its order. */
const logprobsOf = (folder: string, score: SuiteScore) => (readOutcomes(folder, score) as ChoiceOutcome[]).map(({ subtask, logprobs }) => ({ subtask, logprobs }));

const pair = (good: string, bad: string, rest: object = {}): string => `${JSON.stringify({ sentence_good: good, sentence_bad: bad, ...rest })}\n`;

/** A workspace with two models, and a demo suite of two subtasks. */
async function setUp() {
  const root = temporaryFolder();
  const workspace = new Workspace(root);
  const models = [
    { name: 'one', folder: await makeLetterModel(workspace.modelFolder('one'), 1) },
    { name: 'two', folder: await makeLetterModel(workspace.modelFolder('two'), 2) },
  ];
  const demo = join(workspace.data, 'demo');
  mkdirSync(demo);
  writeFileSync(join(demo, 'verbs.jsonl'),
    pair('the dog runs.', 'the dog run.', { linguistics_term: 'agreement' }) + pair('the dogs run.', 'the dogs runs.', { linguistics_term: 'agreement' }));
  writeFileSync(join(demo, 'nouns.jsonl'), pair('a dog.', 'a dogs.') + pair('same.', 'same.') + pair('two dogs.', 'two dog.'));
  const params = (change: Partial<JobParams<'evaluate'>> = {}): JobParams<'evaluate'> =>
    ({ models, suites: ['demo'], protocol: 'babylm-2024', data: null, folders: {}, vocabulary: null, out: null, download: false, finetuning: { keepModels: false }, ...change });
  return { root, workspace, models, demo, params };
}

describe('evaluate', () => {
  it('scores models on suites and leaves every log-probability behind', async () => {
    const { workspace, params } = await setUp();
    const context = new RecordingContext();
    const { scores } = await evaluate(params(), context, workspace);
    expect(scores.map(({ model, suite, protocol }) => [model, suite, protocol])).toEqual([['one', 'demo', 'babylm-2024'], ['two', 'demo', 'babylm-2024']]);
    const [first, second] = scores;
    expect(first!.subtasks.map(({ subtask, phenomenon, items }) => [subtask, phenomenon, items])).toEqual([['nouns', null, 3], ['verbs', 'agreement', 2]]);
    expect(first!.phenomena.map(({ subtask }) => subtask)).toEqual(['agreement']);
    expect(first!.version).toMatch(/^1\+[0-9a-f]{8}$/);
    expect(second!.version).toBe(first!.version);

    const [nouns, verbs] = logprobsOf(context.folder, first!);
    expect(nouns!.logprobs[2]).toBe(nouns!.logprobs[3]); // The tie, which counts.
    const correct = [0, 1, 2].filter((i) => nouns!.logprobs[2 * i]! >= nouns!.logprobs[2 * i + 1]!).length;
    expect(first!.subtasks[0]!.correct).toBe(correct);
    expect(first!.score).toBeCloseTo((first!.subtasks[0]!.score + first!.subtasks[1]!.score) / 2, 12);
    expect(verbs!.logprobs.every((value) => value < 0)).toBe(true);
    expect(logprobsOf(context.folder, second!)[1]!.logprobs).not.toEqual(verbs!.logprobs);
    expect(context.progressed.at(-1)).toMatchObject({ label: 'two on demo', done: 5, total: 5, unit: 'pairs' });
  });

  it('gives what score gives', async () => {
    const { workspace, models, params, demo } = await setUp();
    const context = new RecordingContext();
    const { scores } = await evaluate(params({ models: [models[0]!] }), context, workspace);
    const { pairs } = await score({ model: models[0]!, pairs: join(demo, 'verbs.jsonl') }, new RecordingContext());
    const { logprobs } = logprobsOf(context.folder, scores[0]!)[1]!;
    pairs.forEach(({ index, logprobGood, logprobBad }, i) => {
      expect(index).toBe(i);
      expect(logprobGood).toBeCloseTo(logprobs[2 * i]!, 4);
      expect(logprobBad).toBeCloseTo(logprobs[2 * i + 1]!, 4);
    });
  });

  it('does not score again what an earlier start finished, unless it was of other items or another model', async () => {
    const { workspace, models, demo, params } = await setUp();
    const context = new RecordingContext();
    const one = params({ models: [models[0]!] });
    const before = await evaluate(one, context, workspace);
    const path = join(context.folder, 'scores', 'one', 'demo', 'verbs.f64');
    const marked = readFileSync(path);
    marked.writeDoubleLE(-123, marked.length - 8); // So that a value read back is told from one computed anew.
    writeFileSync(path, marked);
    const verbs = async () => logprobsOf(context.folder, (await evaluate(one, context, workspace)).scores[0]!)[1]!.logprobs;
    expect((await verbs()).at(-1)).toBe(-123);
    writeFileSync(join(demo, 'verbs.jsonl'), pair('the dog runs.', 'the dog run.') + pair('the cats run.', 'the cats runs.'));
    expect((await verbs()).at(-1)).not.toBe(-123);
    expect((await evaluate(one, context, workspace)).scores[0]!.version).not.toBe(before.scores[0]!.version);
    const once = (await verbs()).at(-1);
    rmSync(models[0]!.folder, { recursive: true });
    await makeLetterModel(models[0]!.folder, 3);
    expect((await verbs()).at(-1)).not.toBe(once);
  });

  it('keeps finished subtasks when it is stopped, and goes on', async () => {
    const { workspace, params } = await setUp();
    const context = new RecordingContext();
    const stopping = { ...context, folder: context.folder, log: () => {}, metric: () => {}, report: () => {}, signal: context.signal, progress: ({ done }: { done: number }) => {
      if (done === 3) context.stop.abort();
    } };
    await expect(evaluate(params(), stopping, workspace)).rejects.toMatchObject({ code: 'cancelled' });
    expect(readdirSync(join(context.folder, 'scores', 'one', 'demo'))).toEqual(['nouns.f64']);
    const again = { ...stopping, progress: () => {}, signal: new AbortController().signal };
    expect((await evaluate(params(), again, workspace)).scores).toHaveLength(2);
  });

  it('writes sample files, per model when there are several', async () => {
    const { root, workspace, models, params } = await setUp();
    const out = join(root, 'out');
    await evaluate(params({ models: [models[0]!], out }), new RecordingContext(), workspace);
    const samples = JSON.parse(readFileSync(join(out, 'demo_nouns_results.jsonl'), 'utf8')) as { acc: number; arguments: string[][] }[];
    expect(samples[1]).toMatchObject({ acc: 1, arguments: [['', ' same.'], ['', ' same.']] });
    await evaluate(params({ out: join(root, 'both') }), new RecordingContext(), workspace);
    expect(existsSync(join(root, 'both', 'two', 'demo_verbs_results.jsonl'))).toBe(true);
  });

  it('leaves no tensors', async () => {
    const { workspace, params } = await setUp();
    const before = tf.memory().numTensors;
    await evaluate(params(), new RecordingContext(), workspace);
    expect(tf.memory().numTensors).toBe(before);
  });

  it('warns when official data is not complete, and names such a score apart', async () => {
    const { root, workspace, models, params } = await setUp();
    mkdirSync(join(root, 'lab', 'supplement_filtered'), { recursive: true });
    writeFileSync(join(root, 'lab', 'supplement_filtered', 'hypernym.jsonl'), pair('a dog.', 'a dogs.'));
    const context = new RecordingContext();
    const { scores } = await evaluate(params({ models: [models[0]!], suites: ['supplement'], data: join(root, 'lab') }), context, workspace);
    expect(scores[0]!.version).toMatch(/^2024-filtered\+[0-9a-f]{8}$/);
    expect(context.logged.map(({ level, message }) => `${level}: ${message}`)).toEqual([
      expect.stringMatching(/^warning: .* lacks 4 of 5 subtasks/),
      expect.stringMatching(/^warning: .* holds 1 pairs, the official file 842/),
      expect.stringMatching(/^warning: These are not the official items/),
    ]);
  });

  it('refuses missing data, bad lines, sentences that are too long, twins, and folders without a tokenizer', async () => {
    const { root, workspace, models, demo, params } = await setUp();
    const run = (change: Partial<JobParams<'evaluate'>>) => evaluate(params(change), new RecordingContext(), workspace);
    await expect(run({ suites: ['blimp'] })).rejects.toMatchObject({ code: 'not-found', hint: expect.stringContaining('--download') as string });
    await expect(run({ suites: ['demo', 'demo'] })).rejects.toMatchObject({ code: 'bad-input' });
    await expect(run({ models: [models[0]!, { ...models[1]!, name: 'one' }] })).rejects.toMatchObject({ code: 'bad-input' });
    const long = join(root, 'long.jsonl');
    writeFileSync(long, pair('a.', 'b.') + pair('a dog that runs and runs and runs.', 'b.'));
    await expect(run({ suites: [`pairs:${long}`] })).rejects.toMatchObject({ code: 'bad-input', message: expect.stringMatching(/long\.jsonl, line 2: .* takes 24/) as string });
    writeFileSync(join(demo, 'verbs.jsonl'), '{"sentence_good":"a"}\n');
    await expect(run({})).rejects.toMatchObject({ code: 'bad-input', message: expect.stringContaining('line 1 lacks "sentence_bad"') as string });
    rmSync(join(models[0]!.folder, 'tokenizer.json'));
    await expect(run({ suites: [`pairs:${join(demo, 'nouns.jsonl')}`] })).rejects.toMatchObject({ code: 'bad-model', message: expect.stringContaining('tokenizer.json') as string });
  });

  it('scores by 2025\'s protocol: bare sentences, the first token unscored, no start token', async () => {
    const { workspace, models, params } = await setUp();
    const [model] = models;
    const measure = async (protocol: 'babylm-2024' | 'babylm-2025') => {
      const context = new RecordingContext();
      const { scores } = await evaluate(params({ models: [model!], protocol }), context, workspace);
      return { score: scores[0]!, verbs: logprobsOf(context.folder, scores[0]!)[1]!.logprobs };
    };
    const [old, recent] = [await measure('babylm-2024'), await measure('babylm-2025')];
    expect(old.score).toMatchObject({ protocol: 'babylm-2024', startToken: '<s>', prefixSpace: false, step: null });
    expect(recent.score).toMatchObject({ protocol: 'babylm-2025', startToken: null, prefixSpace: false });
    expect(comparisonKey(old.score)).not.toBe(comparisonKey(recent.score));
    // By hand: log p of every token after the first of "the dog runs.".
    const { model: loaded, tokenizer } = await loadScoringModel(model!.folder);
    const [expected] = await scoreSequences(loaded, [{ ids: tokenizer.encode('the dog runs.'), scoredFrom: 1 }]);
    loaded.dispose();
    expect(recent.verbs[0]).toBeCloseTo(expected!, 4);
    expect(recent.verbs[0]).not.toBeCloseTo(old.verbs[0]!, 2);
    mkdirSync(join(workspace.data, 'blimp_fast'));
    writeFileSync(join(workspace.data, 'blimp_fast', 'wh_island.jsonl'), pair('a.', 'b.'));
    await expect(evaluate(params({ models: [model!], suites: ['blimp-fast'] }), new RecordingContext(), workspace)).rejects.toMatchObject({ code: 'bad-input', hint: expect.stringContaining('babylm-2025') as string });
  });

  it('scores a checkpoint in place of the model, and keeps the two apart', async () => {
    const { workspace, models, params, root } = await setUp();
    const other = await makeLetterModel(join(root, 'other'), 9);
    const at20 = { ...models[0]!, checkpoint: { step: 20, weights: join(other, 'model.safetensors') } };
    const context = new RecordingContext();
    const { scores } = await evaluate(params({ models: [models[0]!, at20, { name: 'other', folder: other }] }), context, workspace);
    expect(scores.map(({ model, step }) => [model, step])).toEqual([['one', null], ['one', 20], ['other', null]]);
    const [finished, checkpoint, same] = scores.map((score) => logprobsOf(context.folder, score));
    expect(checkpoint).toEqual(same);
    expect(checkpoint).not.toEqual(finished);
  });

  it('takes a file that was dropped into the data folder for a suite', async () => {
    const { workspace, models, params } = await setUp();
    writeFileSync(join(workspace.data, 'mine.jsonl'), pair('a dog.', 'a dogs.') + pair('two dogs.', 'two dog.'));
    const { scores } = await evaluate(params({ models: [models[0]!], suites: ['pairs:mine'] }), new RecordingContext(), workspace);
    expect(scores[0]).toMatchObject({ suite: 'pairs:mine', version: expect.stringMatching(/^own\+/) as string, subtasks: [{ subtask: 'mine', items: 2 }] });
  });
});
