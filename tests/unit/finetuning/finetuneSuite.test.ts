/** The whole of fine-tuning by the evaluation job: made-up tasks, letter models. */
import { existsSync, mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { evaluate } from '../../../src/main/evaluation/evaluate.ts';
import { readOutcomes } from '../../../src/main/evaluation/outcomeFiles.ts';
import { SafetensorsFile } from '../../../src/main/models/safetensors.ts';
import { Workspace } from '../../../src/main/workspace.ts';
import type { FinetuningRequest } from '../../../src/shared/finetuning.ts';
import { JOB_PARAMS, type JobParams } from '../../../src/shared/jobs.ts';
import type { ClassOutcome } from '../../../src/shared/outcomes.ts';
import { RecordingContext, temporaryFolder } from '../../support/jobContext.ts';
import { makeLetterModel } from '../../support/letterModels.ts';

const jsonLines = (items: object[]) => items.map((item) => `${JSON.stringify(item)}\n`).join('');

/** Sentences whose class shows in their words, which even a very small model learns. */
const sentences = (count: number, from = 0) =>
  Array.from({ length: count }, (_, i) => ({ sentence: `${['a fine hill', 'bad weeds'][(i + from) % 2]!} ${'abcdefgh'[(i * 3 + from) % 8]!}.`, label: (i + from) % 2, idx: i }));
const premises = (count: number, from = 0) =>
  Array.from({ length: count }, (_, i) => ({ premise: `${['yes', 'no', 'who'][(i + from) % 3]!} ${'abcdefg'[i % 7]!}`, hypothesis: 'it is.', label: (i + from) % 3, idx: i }));

const SETTINGS = { learningRate: 0.05, batchSize: 8, epochs: 3, maxLength: 8 } as const;

async function setUp() {
  const root = temporaryFolder();
  const workspace = new Workspace(root);
  const models = [{ name: 'one', folder: await makeLetterModel(workspace.modelFolder('one'), 1) }];
  const glue = join(root, 'data', 'glue_filtered');
  mkdirSync(glue, { recursive: true });
  const write = (name: string, items: object[]) => writeFileSync(join(glue, `${name}.jsonl`), jsonLines(items));
  write('cola.train', sentences(24));
  write('cola.valid', sentences(10, 1));
  write('sst2.train', sentences(17));
  write('sst2.valid', sentences(7));
  write('mnli.train', premises(24));
  write('mnli.valid', premises(9));
  write('mnli-mm.valid', premises(11, 2));
  const params = (suite: 'glue' | 'glue-lora', finetuning: Partial<FinetuningRequest>, change: Partial<JobParams<'evaluate'>> = {}): JobParams<'evaluate'> =>
    ({ ...JOB_PARAMS.evaluate.parse({ models, suites: [suite], data: join(root, 'data'), out: null, finetuning: { ...SETTINGS, ...finetuning } }), ...change });
  return { root, workspace, models, glue, write, params };
}

const outcomes = (context: RecordingContext, score: Parameters<typeof readOutcomes>[1]) => readOutcomes(context.folder, score) as ClassOutcome[];
/** What of the metrics does not depend on the clock. */
const measured = (context: RecordingContext) => context.metrics.map(({ step, values }) => ({ step, values }));

describe('fine-tuning', () => {
  it('learns, scores by each task\'s metric, and leaves predictions as the pipeline writes them', async () => {
    const { root, workspace, params } = await setUp();
    const context = new RecordingContext();
    const out = join(root, 'out');
    const { scores: [score] } = await evaluate(params('glue', { tasks: ['cola', 'mnli-mm', 'mnli'] }, { out }), context, workspace);
    expect(score!.subtasks.map(({ subtask, metric, items }) => [subtask, metric, items])).toEqual([['cola', 'matthews', 10], ['mnli', 'accuracy', 9], ['mnli-mm', 'accuracy', 11]]);
    expect(score!.score).toBeCloseTo(score!.subtasks.reduce((sum, one) => sum + one.score, 0) / 3, 12);
    expect(score!.subtasks.find(({ subtask }) => subtask === 'cola')!.score).toBe(1);
    expect(score!.version).toMatch(/^2024-filtered\+[0-9a-f]{8} \(learningRate 0\.05, batchSize 8, epochs 3, maxLength 8\)$/);
    for (const outcome of outcomes(context, score!)) {
      const lines = readFileSync(join(out, 'finetune', outcome.subtask, 'predictions.txt'), 'utf8').split('\n');
      expect(lines[0]).toBe('index\tprediction');
      expect(lines.slice(1, -1)).toEqual(Array.from(outcome.predicted, (label, index) => `${index}\t${label}`));
    }
    // Checkpoints and classifiers as large as the model are gone.
    expect(readdirSync(join(context.folder, 'finetuning', 'one', 'glue', 'cola'))).toEqual(['predictions.txt']);
    expect(context.metrics.filter(({ values }) => 'one glue/cola/f1' in values).map(({ step }) => step)).toEqual([3, 6, 9]);
  });

  it('by LoRA keeps the adapters and the model itself as it was', async () => {
    const { workspace, models, params } = await setUp();
    const before = readFileSync(join(models[0]!.folder, 'model.safetensors'));
    const context = new RecordingContext();
    const { scores: [score] } = await evaluate(params('glue-lora', { tasks: ['sst2'], lora: { rank: 2, targets: ['q_proj', 'down_proj'] } }), context, workspace);
    expect(score!.version).toContain('rank 2, targets q_proj,down_proj');
    const folder = join(context.folder, 'finetuning', 'one', 'glue-lora', 'sst2', 'adapter');
    const file = new SafetensorsFile(join(folder, 'adapter_model.safetensors'));
    expect([...file.tensors.keys()]).toEqual(['self_attn.q_proj.lora_A', 'self_attn.q_proj.lora_B', 'mlp.down_proj.lora_A', 'mlp.down_proj.lora_B']
      .map((name) => `base_model.model.model.layers.0.${name}.weight`).concat('base_model.model.score.weight'));
    expect(file.readFloats('base_model.model.model.layers.0.mlp.down_proj.lora_B.weight').some((value) => value !== 0)).toBe(true);
    file.close();
    expect(readFileSync(join(models[0]!.folder, 'model.safetensors')).equals(before)).toBe(true);
  });

  it('that is stopped, inside an epoch and between tasks, goes on to the same numbers', async () => {
    const { workspace, params } = await setUp();
    const calm = new RecordingContext();
    const tasks = { tasks: ['cola', 'sst2'] };
    const { scores: [expected] } = await evaluate(params('glue', tasks), calm, workspace);

    const stopped = new RecordingContext();
    /** Starts again in the same folder and stops when told of such a progress. */
    const startUntil = (task: string, step: number) => {
      const stop = new AbortController();
      const context = {
        folder: stopped.folder, signal: stop.signal, log: () => {}, report: () => {}, metric: (record: (typeof stopped.metrics)[number]) => stopped.metric(record),
        progress: ({ label, done }: { label: string; done: number }) => {
          if (label.endsWith(`: ${task}`) && done === step) stop.abort();
        },
      };
      return evaluate(params('glue', tasks), context, workspace);
    };
    await expect(startUntil('cola', 4)).rejects.toMatchObject({ code: 'cancelled' });
    await expect(startUntil('sst2', 6)).rejects.toMatchObject({ code: 'cancelled' });
    const { scores: [resumed] } = await startUntil('nothing', 0);
    expect(measured(stopped)).toEqual(measured(calm));
    expect(resumed!.subtasks).toEqual(expected!.subtasks);
    expect(outcomes(stopped, resumed!)).toEqual(outcomes(calm, expected!));
  });

  it('does not do again what is done, unless settings or items are others', async () => {
    const { workspace, write, params } = await setUp();
    const context = new RecordingContext();
    const run = async (epochs: number) => {
      const before = context.metrics.length;
      await evaluate(params('glue', { tasks: ['sst2'], epochs }), context, workspace);
      return context.metrics.length - before;
    };
    expect(await run(1)).toBe(1);
    expect(await run(1)).toBe(0);
    expect(await run(2)).toBe(2);
    write('sst2.train', sentences(18));
    expect(await run(2)).toBe(2);
  });

  it('keeps a classifier for transformers where asked for', async () => {
    const { workspace, models, params } = await setUp();
    const context = new RecordingContext();
    await evaluate(params('glue', { tasks: ['sst2'], epochs: 1, keepModels: true }), context, workspace);
    const folder = join(context.folder, 'finetuning', 'one', 'glue', 'sst2', 'classifier');
    const config = JSON.parse(readFileSync(join(folder, 'config.json'), 'utf8')) as Record<string, unknown>;
    expect(config).toMatchObject({ architectures: ['LlamaForSequenceClassification'], pad_token_id: 0, id2label: { 0: '0', 1: '1' } });
    expect(existsSync(join(folder, 'tokenizer.json'))).toBe(true);
    const [trained, base] = [folder, models[0]!.folder].map((one) => new SafetensorsFile(join(one, 'model.safetensors')));
    expect([...trained!.tensors.keys()]).toEqual([...base!.tensors.keys()].filter((name) => name !== 'lm_head.weight').concat('score.weight'));
    expect(trained!.readFloats('model.embed_tokens.weight')).not.toEqual(base!.readFloats('model.embed_tokens.weight'));
    for (const file of [trained!, base!]) file.close();
  });

  it('refuses unknown and missing tasks, bad items, unknown labels and impossible targets, naming them', async () => {
    const { workspace, write, glue, params } = await setUp();
    const run = (suite: 'glue' | 'glue-lora', finetuning: Partial<FinetuningRequest>) => evaluate(params(suite, finetuning), new RecordingContext(), workspace);
    const error = (code: string, message: RegExp) => ({ code, message: expect.stringMatching(message) as string });
    await expect(run('glue', { tasks: ['stsb'] })).rejects.toMatchObject(error('bad-input', /no task "stsb"/));
    await expect(run('glue', { tasks: ['qnli'] })).rejects.toMatchObject(error('not-found', /qnli\.valid\.jsonl/));
    await expect(run('glue-lora', { tasks: ['cola'], lora: { targets: ['c_attn'] } })).rejects.toMatchObject(error('bad-input', /no projection "c_attn"/));
    write('qnli.valid', [{ question: 'who?', sentence: 'a dog.', label: 0 }]);
    await expect(run('glue', { tasks: ['qnli'] })).rejects.toMatchObject(error('not-found', /QNLI has no training file/));
    write('cola.valid', [{ sentence: 'a.', label: 2 }]);
    await expect(run('glue', { tasks: ['cola'] })).rejects.toMatchObject(error('bad-input', /Item 1 of .*cola\.valid\.jsonl has the label 2/));
    write('cola.train', [{ sentence: 'a.', label: 1 }, { sentence: 'b.', label: 1 }]);
    await expect(run('glue', { tasks: ['cola'] })).rejects.toMatchObject(error('bad-input', /has the label 1; there is nothing to learn/));
    writeFileSync(join(glue, 'cola.train.jsonl'), '{"sentence":"a.","label":1}\n\n{"sentence":"b."}\n');
    await expect(run('glue', { tasks: ['cola'] })).rejects.toMatchObject(error('bad-input', /cola\.train\.jsonl, line 3 lacks a whole number as "label"/));
    writeFileSync(join(glue, 'cola.train.jsonl'), '{"label":1}\n');
    await expect(run('glue', { tasks: ['cola'] })).rejects.toMatchObject(error('bad-input', /line 1 lacks the text "sentence"/));
  });
});
