/** Loss, gradients and three AdamW steps of every architecture, and of distillation, against PyTorch and transformers. */
import { readFileSync } from 'node:fs';
import { afterEach, describe, expect, it } from 'vitest';
import type { LanguageModel } from '../../../src/main/models/languageModel.ts';
import { loadModelFolder } from '../../../src/main/models/loadModel.ts';
import { tf } from '../../../src/main/tensorflow/tf.ts';
import { isDecayed } from '../../../src/main/training/optimiser.ts';
import { createStep, distillation, languageModelling, type LossFunction } from '../../../src/main/training/step.ts';
import { fixtureFolder, fixtureSummary, FIXTURE_MODELS, maxDifference, openFixture } from '../../support/fixtureModels.ts';
import { gradientsOf } from '../../support/gradients.ts';
import { newProgram, WAYS, type Way } from '../../support/programs.ts';
import { hasShared, sharedPath } from '../../support/shared.ts';

const LENGTH = 16;
const open: { dispose(): void }[] = [];
afterEach(() => {
  for (const thing of open.splice(0).reverse()) thing.dispose();
});

function keep<T extends { dispose(): void }>(thing: T): T {
  open.push(thing);
  return thing;
}

type FixtureModel = (typeof FIXTURE_MODELS)[number];

/** Fixture models of one program. */
function loader(way: Way) {
  const program = keep(newProgram(way));
  return (name: FixtureModel) => keep(loadModelFolder(fixtureFolder(name), { program }));
}

const relative = (ours: number, theirs: number) => Math.abs(ours - theirs) / Math.max(Math.abs(theirs), 1e-3);

/** Runs the oracle's three steps and returns losses and norms. */
function threeSteps(model: LanguageModel, loss: LossFunction, weightDecay: number, lrs: number[]) {
  const file = openFixture('models', 'batches.safetensors');
  const batches = file.readIntegers('batches');
  file.close();
  const step = createStep(model, loss, { weightDecay, maxGradNorm: 1 });
  const metrics = lrs.map((learningRate, i) =>
    step.run(
      { ids: batches.subarray(i * 2 * LENGTH, (i + 1) * 2 * LENGTH), sequences: 2, length: LENGTH, accumulationSteps: 1 },
      { learningRate, step: i + 1, dropoutSeed: 0 },
    ),
  );
  return metrics;
}

describe.skipIf(!hasShared).each(FIXTURE_MODELS.flatMap((name) => WAYS.map((way) => [name, way] as const)))('%s, %s', (name, way) => {
  it('decays the parameters that transformers decays', () => {
    const summary = fixtureSummary(name);
    const ours = [...loader(way)(name).parameters.keys()];
    // A tied head is listed there beside the embedding that it is.
    const theirs = summary.decay_params.filter((parameter) => ours.includes(parameter));
    expect(ours.filter(isDecayed).sort()).toEqual(theirs.sort());
    expect(ours.filter((parameter) => !isDecayed(parameter)).sort()).toEqual(summary.no_decay_params.sort());
  });

  it('has the reference loss, gradient norms and gradients', () => {
    const model = loader(way)(name);
    const summary = fixtureSummary(name);
    const file = openFixture('models', name, 'forward.safetensors');
    const { loss, gradients } = gradientsOf(model, languageModelling, file.readIntegers('input_ids'), LENGTH);
    expect(Math.abs(loss - summary.loss)).toBeLessThan(1e-5);
    let total = 0;
    for (const [parameter, gradient] of gradients) {
      const norm = Math.sqrt(gradient.reduce((sum, x) => sum + x * x, 0));
      total += norm ** 2;
      expect(relative(norm, summary.grad_norms[parameter]!), `norm of ${parameter}`).toBeLessThan(1e-3);
      if (file.tensors.has(`grad/${parameter}`)) {
        expect(maxDifference(gradient, file.readFloats(`grad/${parameter}`)), `gradient of ${parameter}`).toBeLessThan(1e-4);
      }
      if (file.tensors.has(`gradrows/${parameter}`)) {
        const [rows, width] = file.tensors.get(`gradrows/${parameter}`)!.shape as [number, number];
        const expected = file.readFloats(`gradrows/${parameter}`);
        file.readIntegers('grad_rows').forEach((row, i) => {
          expect(maxDifference(gradient.subarray(row * width, (row + 1) * width), expected.subarray(i * width, (i + 1) * width))).toBeLessThan(1e-4);
        });
        expect(rows).toBe(file.readIntegers('grad_rows').length);
      }
    }
    expect(relative(Math.sqrt(total), summary.total_grad_norm)).toBeLessThan(1e-3);
    file.close();
  });

  it.each([0, 0.1])('has the reference parameters after three AdamW steps with weight decay %d', (weightDecay) => {
    const model = loader(way)(name);
    const oracle = fixtureSummary(name)[weightDecay ? 'wd0.1' : 'wd0.0'];
    const metrics = threeSteps(model, languageModelling, weightDecay, oracle.lrs);
    metrics.forEach(({ lossNats, gradientNorm }, i) => {
      expect(Math.abs(lossNats - oracle.losses[i]!)).toBeLessThan(1e-4);
      expect(relative(gradientNorm, oracle.grad_norms_preclip[i]!)).toBeLessThan(1e-3);
    });
    expectParameters(model, openFixture('models', name, `after3_wd${weightDecay ? '0.1' : '0.0'}.safetensors`), openFixture('models', name, 'forward.safetensors'));
  });
});

/** Compares whole parameters, and of large matrices the rows that the oracle keeps. */
function expectParameters(model: LanguageModel, after: ReturnType<typeof openFixture>, rowsFile: ReturnType<typeof openFixture>) {
  const rowIds = rowsFile.readIntegers('grad_rows');
  let compared = 0;
  for (const [parameter, variable] of model.parameters) {
    const ours = model.program.read(variable);
    const stored = after.tensors.has(parameter) ? parameter : `${parameter}|rows`;
    const theirs = after.readFloats(stored);
    const width = variable.shape[1] ?? 1;
    const whole = theirs.length === ours.length;
    for (let i = 0; i < theirs.length; i++) {
      const index = whole ? i : rowIds[Math.floor(i / width)]! * width + (i % width);
      // GPT-2's key biases have a true gradient of zero: Adam magnifies the rounding noise in it up to the learning rate.
      const noise = parameter.endsWith('c_attn.bias') && i >= ours.length / 3 && i < (2 * ours.length) / 3;
      if (Math.abs(ours[index]! - theirs[i]!) > (noise ? 1e-3 : 1e-4)) {
        expect.fail(`${parameter}[${index}]: ${ours[index]} instead of ${theirs[i]}`);
      }
    }
    compared++;
  }
  expect(compared).toBe(model.parameters.size);
  after.close();
  rowsFile.close();
}

describe.skipIf(!hasShared).each(WAYS)('distillation, %s', (way) => {
  interface Oracle {
    loss: number;
    student_ce: number;
    kd_term_times_T2: number;
    kd_per_token: number;
    grad_norms: Record<string, number>;
    total_grad_norm: number;
    'train3_wd0.1': { losses: number[]; grad_norms_preclip: number[]; lrs: number[] };
  }
  const oracle = () => JSON.parse(readFileSync(sharedPath('fixtures', 'distill', 'summary.json'), 'utf8')) as Oracle;
  const options = { alpha: 0.5, temperature: 2, kl_reduction: 'batchmean', ensemble: 'logits', teacher_weights: null } as const;

  it('has the reference loss, terms and gradients', () => {
    const load = loader(way);
    const student = load('llama');
    const teachers = [load('llama_tied'), load('gpt2')];
    const file = openFixture('distill', 'distill.safetensors');
    const expected = oracle();
    const { loss, terms, gradients } = gradientsOf(student, distillation(teachers, options), file.readIntegers('input_ids'), LENGTH);
    expect(relative(loss, expected.loss)).toBeLessThan(1e-5);
    expect(relative(terms[1]!, expected.student_ce)).toBeLessThan(1e-5);
    expect(relative(terms[2]!, expected.kd_term_times_T2)).toBeLessThan(1e-5);
    let total = 0;
    for (const [parameter, gradient] of gradients) {
      const norm = Math.sqrt(gradient.reduce((sum, x) => sum + x * x, 0));
      total += norm ** 2;
      expect(relative(norm, expected.grad_norms[parameter]!), parameter).toBeLessThan(1e-4);
      if (file.tensors.has(`grad/${parameter}`)) expect(maxDifference(gradient, file.readFloats(`grad/${parameter}`)), parameter).toBeLessThan(1e-4);
    }
    expect(relative(Math.sqrt(total), expected.total_grad_norm)).toBeLessThan(1e-4);
    file.close();
  });

  it('divides by positions too when asked for per-token KL', () => {
    const load = loader(way);
    const student = load('llama');
    const teachers = [load('llama_tied'), load('gpt2')];
    const file = openFixture('distill', 'distill.safetensors');
    const perToken = gradientsOf(student, distillation(teachers, { ...options, kl_reduction: 'per_token' }), file.readIntegers('input_ids'), LENGTH);
    expect(relative(perToken.terms[2]!, oracle().kd_per_token)).toBeLessThan(1e-5);
    file.close();
  });

  it('has the reference parameters after three AdamW steps', () => {
    const load = loader(way);
    const student = load('llama');
    const teachers = [load('llama_tied'), load('gpt2')];
    const expected = oracle()['train3_wd0.1'];
    const metrics = threeSteps(student, distillation(teachers, options), 0.1, expected.lrs);
    metrics.forEach(({ lossNats, gradientNorm }, i) => {
      expect(relative(lossNats, expected.losses[i]!)).toBeLessThan(1e-4);
      expect(relative(gradientNorm, expected.grad_norms_preclip[i]!)).toBeLessThan(1e-3);
    });
    expectParameters(student, openFixture('distill', 'after3_wd0.1.safetensors'), openFixture('distill', 'distill.safetensors'));
  });

  it('averages probabilities or weights teachers when asked', () => {
    const load = loader(way);
    const student = load('llama');
    const teachers = [load('llama_tied'), load('gpt2')];
    const file = openFixture('distill', 'distill.safetensors');
    const ids = file.readIntegers('input_ids');
    const termsWith = (changes: object, ensemble = teachers) => gradientsOf(student, distillation(ensemble, { ...options, ...changes }), ids, LENGTH).terms[2]!;
    // One teacher with all the weight is that teacher alone, whatever is averaged.
    const alone = termsWith({}, [teachers[1]!]);
    expect(relative(termsWith({ teacher_weights: [0, 3] }), alone)).toBeLessThan(1e-5);
    expect(relative(termsWith({ teacher_weights: [0, 3], ensemble: 'probabilities' }), alone)).toBeLessThan(1e-5);
    expect(relative(termsWith({ ensemble: 'probabilities' }), termsWith({}))).toBeGreaterThan(1e-3);
    file.close();
  });
});

it('the suite leaves no tensor behind', () => {
  expect(tf.memory().numTensors).toBeLessThan(50);
});
