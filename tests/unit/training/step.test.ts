import { afterEach, describe, expect, it } from 'vitest';
import type { LanguageModel } from '../../../src/main/models/languageModel.ts';
import { tf } from '../../../src/main/tensorflow/tf.ts';
import type { Program } from '../../../src/main/tensorflow/program.ts';
import { shiftLabels } from '../../../src/main/training/loss.ts';
import { createStep, distillation, languageModelling, type Batch, type TrainingStep } from '../../../src/main/training/step.ts';
import { maxDifference } from '../../support/fixtureModels.ts';
import { gradientsOf } from '../../support/gradients.ts';
import { newProgram, WAYS, type Way } from '../../support/programs.ts';
import { ARCHITECTURES, readParameters, tinyIds, tinyModel } from '../../support/tinyModels.ts';

const LENGTH = 8;
const open: { dispose(): void }[] = [];
afterEach(() => {
  for (const thing of open.splice(0)) thing.dispose();
});

function keep<T extends { dispose(): void }>(thing: T): T {
  open.push(thing);
  return thing;
}

function stepOf(model: LanguageModel, loss = languageModelling, options = { weightDecay: 0, maxGradNorm: 1 }): TrainingStep {
  return createStep(model, loss, options);
}

const batch = (sequences = 8, accumulationSteps = 1): Batch => ({ ids: tinyIds(sequences * LENGTH), sequences, length: LENGTH, accumulationSteps });
const settings = { learningRate: 1e-2, step: 1, dropoutSeed: 7 };

describe('labels', () => {
  it('are the next tokens; the last position and what precedes padding predict nothing', () => {
    const { ids, weights, counted } = shiftLabels(Int32Array.from([5, 6, 7, 0, 8, 0, 9, 9]), 4, 0);
    expect([...ids]).toEqual([6, 7, 0, 0, 0, 9, 9, 0]);
    expect([...weights]).toEqual([1, 1, 0, 0, 0, 1, 1, 0]);
    expect(counted).toBe(4);
  });
});

/** Makes models of one way of running. */
const maker = (way: Way) => (type: (typeof ARCHITECTURES)[number], seed = 1) => tinyModelOf(keep(newProgram(way)), type, seed);
const tinyModelOf = (program: Program, type: (typeof ARCHITECTURES)[number], seed = 1) => keep(tinyModel(type, seed, program));

describe.each(ARCHITECTURES.flatMap((type) => WAYS.map((way) => [type, way] as const)))('a step of %s, %s', (type, way) => {
  const tiny = maker(way);

  it('has the same gradients however the batch is cut (transformers 35204, 37766)', () => {
    const after = [1, 2, 8].map((parts) => {
      const model = tiny(type);
      // Without dropout, whose masks differ by part; padding makes the parts' token counts differ.
      Object.assign(model.config, { resid_pdrop: 0, embd_pdrop: 0, attn_pdrop: 0 });
      const whole = batch(8, parts);
      whole.ids.fill(0, 5, LENGTH);
      const metrics = stepOf(model).run(whole, settings);
      return { metrics, parameters: readParameters(model) };
    });
    for (const other of after.slice(1)) {
      expect(other.metrics.lossNats).toBeCloseTo(after[0]!.metrics.lossNats, 5);
      expect(other.metrics.gradientNorm).toBeCloseTo(after[0]!.metrics.gradientNorm, 5);
      // Adam's first step is the sign of the gradient where the gradient is rounding noise.
      const differing = other.parameters.filter((value, i) => Math.abs(value - after[0]!.parameters[i]!) > 1e-4).length;
      expect(differing / other.parameters.length).toBeLessThan(0.01);
    }
  });

  it('gives the same bits when it is run again', () => {
    const [first, second] = [0, 1].map(() => {
      const model = tiny(type);
      const step = stepOf(model);
      const losses = [1, 2, 3].map((number) => step.run(batch(), { ...settings, step: number, dropoutSeed: number }).lossNats);
      return { losses, parameters: readParameters(model) };
    });
    expect(second).toEqual(first);
  });

  it('learns a batch by heart', () => {
    const model = tiny(type);
    Object.assign(model.config, { resid_pdrop: 0, embd_pdrop: 0, attn_pdrop: 0 });
    const step = stepOf(model);
    const losses = Array.from({ length: 60 }, (_, i) => step.run(batch(4), { ...settings, step: i + 1 }).lossNats);
    expect(losses[0]).toBeGreaterThan(3.5);
    expect(losses.at(-1)).toBeLessThan(0.5 * losses[0]!);
  });

  it('leaves no tensor behind (tfjs 8326)', () => {
    const step = stepOf(tiny(type));
    step.run(batch(8, 2), settings);
    const before = tf.memory().numTensors;
    for (let i = 2; i < 52; i++) step.run(batch(8, 2), { ...settings, step: i });
    expect(tf.memory().numTensors).toBe(before);
  });

  it('draws dropout from the seed alone, and none where none is asked for', () => {
    const model = tiny(type);
    const losses = [1, 1, 2].map((dropoutSeed) => {
      const fresh = tiny(type);
      return stepOf(fresh).run(batch(), { ...settings, dropoutSeed }).lossNats;
    });
    const without = gradientsOf(model, languageModelling, batch().ids, LENGTH).loss;
    expect(losses[1]).toBe(losses[0]);
    if (type === 'llama') expect(losses[2]).toBe(losses[0]);
    else {
      expect(losses[2]).not.toBe(losses[0]);
      expect(losses[0]).not.toBe(without);
    }
  });
});

describe.each(WAYS)('a step, %s', (way) => {
  const tiny = maker(way);

  it('refuses a loss that is not finite and leaves the weights as they were', () => {
    const model = tiny('llama');
    const head = model.parameters.get('lm_head.weight')!;
    model.program.write(head, new Float32Array(head.size).fill(NaN));
    const before = readParameters(model);
    expect(() => stepOf(model).run(batch(), settings)).toThrow(/loss \(NaN\) of step 1 is not finite/);
    expect(maxDifference(readParameters(model).subarray(0, 800), before.subarray(0, 800))).toBe(0);
  });

  it('clips by the global norm, and reports the norm before clipping', () => {
    const run = (maxGradNorm: number) => {
      const model = tiny('llama');
      const metrics = stepOf(model, languageModelling, { weightDecay: 0, maxGradNorm }).run(batch(), settings);
      return { norm: metrics.gradientNorm, parameters: readParameters(model) };
    };
    const before = readParameters(tiny('llama'));
    const [free, tight] = [run(1e3), run(1e-12)];
    expect(tight.norm).toBe(free.norm);
    // Adam's step hardly depends on the gradient's size, until it falls below epsilon.
    expect(maxDifference(free.parameters, before)).toBeGreaterThan(5e-3);
    expect(maxDifference(tight.parameters, before)).toBeLessThan(1e-4);
  });

  it('decays weights but not norms', () => {
    const model = tiny('llama');
    // No gradient moves them: a batch of pad labels only.
    const ids = new Int32Array(2 * LENGTH);
    stepOf(model, languageModelling, { weightDecay: 0.5, maxGradNorm: 1 }).run({ ids, sequences: 2, length: LENGTH, accumulationSteps: 1 }, { ...settings, learningRate: 0.1 });
    const fresh = tiny('llama');
    const ratio = (name: string) => model.program.read(model.parameters.get(name)!)[4]! / fresh.program.read(fresh.parameters.get(name)!)[4]!;
    expect(ratio('model.layers.0.mlp.up_proj.weight')).toBeCloseTo(0.95, 5);
    expect(ratio('model.norm.weight')).toBe(1);
  });

  it('reports cross-entropy and KL apart when distilling, and a student equal to its teacher has no KL', () => {
    const program = keep(newProgram(way));
    const student = tinyModelOf(program, 'llama', 3);
    const options = { alpha: 0.25, temperature: 3, kl_reduction: 'batchmean', ensemble: 'logits', teacher_weights: null } as const;
    const same = stepOf(student, distillation([tinyModelOf(program, 'llama', 3)], options)).run(batch(), { ...settings, learningRate: 0 });
    expect(same.kl).toBeCloseTo(0, 4);
    expect(same.lossNats).toBeCloseTo(0.25 * same.crossEntropyNats, 4);
    const other = stepOf(student, distillation([tinyModelOf(program, 'gpt2', 4)], options)).run(batch(), { ...settings, learningRate: 0 });
    expect(other.kl).toBeGreaterThan(1e-3);
    expect(other.lossNats).toBeCloseTo(0.25 * other.crossEntropyNats + 0.75 * other.kl!, 4);
  });
});
