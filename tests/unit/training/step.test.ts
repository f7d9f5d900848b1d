import { afterEach, describe, expect, it } from 'vitest';
import type { LanguageModel } from '../../../src/main/models/languageModel.ts';
import { tf } from '../../../src/main/tensorflow/tf.ts';
import { shiftLabels } from '../../../src/main/training/loss.ts';
import { createStep, distillation, languageModelling, type Batch, type TrainingStep } from '../../../src/main/training/step.ts';
import { maxDifference } from '../../support/fixtureModels.ts';
import { gradientsOf } from '../../support/gradients.ts';
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
  return keep(createStep(model, loss, options).step);
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

describe.each(ARCHITECTURES)('a step of %s', (type) => {
  it('has the same gradients however the batch is cut (transformers 35204, 37766)', () => {
    const after = [1, 2, 8].map((parts) => {
      const model = keep(tinyModel(type));
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
      const model = keep(tinyModel(type));
      const step = stepOf(model);
      const losses = [1, 2, 3].map((number) => step.run(batch(), { ...settings, step: number, dropoutSeed: number }).lossNats);
      return { losses, parameters: readParameters(model) };
    });
    expect(second).toEqual(first);
  });

  it('learns a batch by heart', () => {
    const model = keep(tinyModel(type));
    Object.assign(model.config, { resid_pdrop: 0, embd_pdrop: 0, attn_pdrop: 0 });
    const step = stepOf(model);
    const losses = Array.from({ length: 60 }, (_, i) => step.run(batch(4), { ...settings, step: i + 1 }).lossNats);
    expect(losses[0]).toBeGreaterThan(3.5);
    expect(losses.at(-1)).toBeLessThan(0.5 * losses[0]!);
  });

  it('leaves no tensor behind (tfjs 8326)', () => {
    const step = stepOf(keep(tinyModel(type)));
    step.run(batch(8, 2), settings);
    const before = tf.memory().numTensors;
    for (let i = 2; i < 52; i++) step.run(batch(8, 2), { ...settings, step: i });
    expect(tf.memory().numTensors).toBe(before);
  });

  it('draws dropout from the seed alone, and none where none is asked for', () => {
    const model = keep(tinyModel(type));
    const losses = [1, 1, 2].map((dropoutSeed) => {
      const fresh = keep(tinyModel(type));
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

describe('a step', () => {
  it('refuses a loss that is not finite and leaves the weights as they were', () => {
    const model = keep(tinyModel('llama'));
    const head = model.parameters.get('lm_head.weight')!;
    const poison = tf.fill(head.shape, NaN);
    head.assign(poison);
    poison.dispose();
    const before = readParameters(model);
    expect(() => stepOf(model).run(batch(), settings)).toThrow(/loss \(NaN\) of step 1 is not finite/);
    expect(maxDifference(readParameters(model).subarray(0, 800), before.subarray(0, 800))).toBe(0);
  });

  it('clips by the global norm, and reports the norm before clipping', () => {
    const run = (maxGradNorm: number) => {
      const model = keep(tinyModel('llama'));
      const metrics = stepOf(model, languageModelling, { weightDecay: 0, maxGradNorm }).run(batch(), settings);
      return { norm: metrics.gradientNorm, parameters: readParameters(model) };
    };
    const before = readParameters(keep(tinyModel('llama')));
    const [free, tight] = [run(1e3), run(1e-12)];
    expect(tight.norm).toBe(free.norm);
    // Adam's step hardly depends on the gradient's size, until it falls below epsilon.
    expect(maxDifference(free.parameters, before)).toBeGreaterThan(5e-3);
    expect(maxDifference(tight.parameters, before)).toBeLessThan(1e-4);
  });

  it('decays weights but not norms', () => {
    const model = keep(tinyModel('llama'));
    // No gradient moves them: a batch of pad labels only.
    const ids = new Int32Array(2 * LENGTH);
    stepOf(model, languageModelling, { weightDecay: 0.5, maxGradNorm: 1 }).run({ ids, sequences: 2, length: LENGTH, accumulationSteps: 1 }, { ...settings, learningRate: 0.1 });
    const fresh = keep(tinyModel('llama'));
    const ratio = (name: string) => model.parameters.get(name)!.dataSync()[4]! / fresh.parameters.get(name)!.dataSync()[4]!;
    expect(ratio('model.layers.0.mlp.up_proj.weight')).toBeCloseTo(0.95, 5);
    expect(ratio('model.norm.weight')).toBe(1);
  });

  it('reports cross-entropy and KL apart when distilling (BabyLlama #3), and a student equal to its teacher has no KL', () => {
    const student = keep(tinyModel('llama', 3));
    const options = { alpha: 0.25, temperature: 3, kl_reduction: 'batchmean', ensemble: 'logits', teacher_weights: null } as const;
    const same = stepOf(student, distillation([keep(tinyModel('llama', 3))], options)).run(batch(), { ...settings, learningRate: 0 });
    expect(same.kl).toBeCloseTo(0, 4);
    expect(same.lossNats).toBeCloseTo(0.25 * same.crossEntropyNats, 4);
    const other = stepOf(student, distillation([keep(tinyModel('gpt2', 4))], options)).run(batch(), { ...settings, learningRate: 0 });
    expect(other.kl).toBeGreaterThan(1e-3);
    expect(other.lossNats).toBeCloseTo(0.25 * other.crossEntropyNats + 0.75 * other.kl!, 4);
  });
});
