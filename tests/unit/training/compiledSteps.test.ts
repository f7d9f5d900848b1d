/** Compiled training held against training op by op, over many steps and in other precisions. */
import { execFileSync } from 'node:child_process';
import { resolve } from 'node:path';
import { afterEach, describe, expect, it } from 'vitest';
import type { LanguageModel } from '../../../src/main/models/languageModel.ts';
import { CompiledProgram } from '../../../src/main/tensorflow/compile/compiledProgram.ts';
import { EagerProgram } from '../../../src/main/tensorflow/eagerProgram.ts';
import { createStep, distillation, languageModelling, type LossFunction, type StepMetrics } from '../../../src/main/training/step.ts';
import { maxDifference } from '../../support/fixtureModels.ts';
import { ARCHITECTURES, readParameters, tinyIds, tinyModel } from '../../support/tinyModels.ts';

const open: { dispose(): void }[] = [];
afterEach(() => {
  for (const thing of open.splice(0).reverse()) thing.dispose();
});

function keep<T extends { dispose(): void }>(thing: T): T {
  open.push(thing);
  return thing;
}

const LENGTH = 8;

function train(model: LanguageModel, loss: LossFunction, steps: number, accumulationSteps = 1): { metrics: StepMetrics[]; parameters: Float32Array } {
  const step = createStep(model, loss, { weightDecay: 0.1, maxGradNorm: 1 });
  const ids = tinyIds(8 * LENGTH);
  step.prepare({ sequences: 8, length: LENGTH, accumulationSteps });
  const metrics = Array.from({ length: steps }, (_, i) =>
    step.run({ ids, sequences: 8, length: LENGTH, accumulationSteps }, { learningRate: 1e-3, step: i + 1, dropoutSeed: i }));
  return { metrics, parameters: readParameters(model) };
}

const both = [() => new EagerProgram(), () => new CompiledProgram()];
/** Losses of the same float32 computation, summed up in another order now and then: rounding grows over the steps, but slowly. */
const ROUNDING = 2e-5;

describe('50 steps', () => {
  it.each(ARCHITECTURES)('of %s, dropout and all, are the same compiled', (type) => {
    const [eager, compiled] = both.map((make) => {
      const program = keep(make());
      return train(keep(tinyModel(type, 1, program)), languageModelling, 50);
    }) as [ReturnType<typeof train>, ReturnType<typeof train>];
    eager.metrics.forEach(({ lossNats, gradientNorm }, i) => {
      expect(Math.abs(compiled.metrics[i]!.lossNats / lossNats - 1), `loss of step ${i + 1}`).toBeLessThan(ROUNDING);
      expect(Math.abs(compiled.metrics[i]!.gradientNorm / gradientNorm - 1), `norm of step ${i + 1}`).toBeLessThan(1e-3);
    });
    expect(compiled.metrics.at(-1)!.lossNats).toBeLessThan(compiled.metrics[0]!.lossNats - 0.1);
  });

  it('of distillation from two teachers, accumulated, are the same compiled', () => {
    const options = { alpha: 0.5, temperature: 2, kl_reduction: 'batchmean', ensemble: 'logits', teacher_weights: null } as const;
    const [eager, compiled] = both.map((make) => {
      const program = keep(make());
      const teachers = [keep(tinyModel('gpt2', 5, program)), keep(tinyModel('gptj', 6, program))];
      return train(keep(tinyModel('llama', 1, program)), distillation(teachers, options), 50, 4);
    }) as [ReturnType<typeof train>, ReturnType<typeof train>];
    eager.metrics.forEach(({ lossNats, kl }, i) => {
      expect(Math.abs(compiled.metrics[i]!.lossNats / lossNats - 1)).toBeLessThan(ROUNDING);
      expect(Math.abs(compiled.metrics[i]!.kl! - kl!)).toBeLessThan(1e-3);
    });
  });
});

describe('mixed precision', () => {
  it.each(['bfloat16', 'float16'] as const)('in %s learns as float32 does', (precision) => {
    const [wide, narrow] = (['float32', precision] as const).map((of) => {
      const program = keep(new CompiledProgram({ precision: of }));
      return train(keep(tinyModel('llama', 1, program)), languageModelling, 60);
    }) as [ReturnType<typeof train>, ReturnType<typeof train>];
    expect(narrow.metrics.at(-1)!.lossNats).toBeLessThan(wide.metrics[0]!.lossNats - 0.2);
    narrow.metrics.forEach(({ lossNats }, i) => expect(Math.abs(lossNats - wide.metrics[i]!.lossNats), `step ${i + 1}`).toBeLessThan(0.03));
    expect(maxDifference(narrow.parameters, wide.parameters)).toBeGreaterThan(0);
  });

  it('in float16 skips a step whose gradients overflow, with a smaller loss scale from then on', () => {
    const program = keep(new CompiledProgram({ precision: 'float16' }));
    const model = keep(tinyModel('llama', 1, program));
    const step = createStep(model, languageModelling, { weightDecay: 0, maxGradNorm: 1 });
    const scale = step.state().get('loss_scale')!;
    program.write(scale, Float32Array.of(2 ** 40, 7));
    const before = readParameters(model);
    const run = (number: number) => step.run({ ids: tinyIds(8 * LENGTH), sequences: 8, length: LENGTH, accumulationSteps: 1 }, { learningRate: 1e-3, step: number, dropoutSeed: 1 });
    expect(Number.isFinite(run(1).lossNats)).toBe(true);
    expect([...program.read(scale)]).toEqual([2 ** 39, 0]);
    expect(readParameters(model)).toEqual(before);
    program.write(scale, Float32Array.of(1024, 1999));
    run(2);
    expect([...program.read(scale)]).toEqual([2048, 0]);
    expect(readParameters(model)).not.toEqual(before);
  });
});

it('1,000 compiled steps take no more memory than 200', () => {
  const program = keep(new CompiledProgram());
  const model = keep(tinyModel('gpt2', 1, program));
  const step = createStep(model, languageModelling, { weightDecay: 0.1, maxGradNorm: 1 });
  const run = (number: number) => step.run({ ids: tinyIds(8 * LENGTH), sequences: 8, length: LENGTH, accumulationSteps: 1 }, { learningRate: 1e-3, step: number, dropoutSeed: number });
  for (let i = 1; i <= 200; i++) run(i);
  const before = process.memoryUsage.rss();
  for (let i = 201; i <= 1000; i++) run(i);
  // A leak of one gradient a step would be 5 MB per hundred steps here.
  expect(process.memoryUsage.rss() - before).toBeLessThan(12e6);
});

it('no hot product runs on a reference kernel of oneDNN', () => {
  // design: the fused form of attention's product, scaling and mask has only a reference kernel, hundreds of times slower.
  const output = execFileSync(process.execPath, ['--disable-warning=ExperimentalWarning', resolve(import.meta.dirname, '../../support/verboseStep.ts')], {
    env: { ...process.env, ONEDNN_VERBOSE: '1', TF_ENABLE_ONEDNN_OPTS: '1' }, encoding: 'utf8', maxBuffer: 1 << 28,
  });
  const executed = output.split('\n').filter((line) => line.includes(',exec,cpu,'));
  if (!executed.length) return; // Another library, or no oneDNN on this processor: nothing of it can be slow.
  expect(executed.filter((line) => /,(matmul|inner_product),ref/.test(line))).toEqual([]);
});
