/** Loss, gradients, AdamW and distillation against PyTorch's numbers for models made by formula (tests/oracles/make_training.py). */
import { readFileSync } from 'node:fs';
import { resolve } from 'node:path';
import { afterEach, describe, expect, it } from 'vitest';
import type { LanguageModel } from '../../../src/main/models/languageModel.ts';
import type { Program } from '../../../src/main/tensorflow/program.ts';
import { createStep, distillation, languageModelling, type LossFunction } from '../../../src/main/training/step.ts';
import { formulaModel, type FormulaModel, type ParameterList } from '../../support/formulaModels.ts';
import { gradientsOf } from '../../support/gradients.ts';
import { newProgram, WAYS } from '../../support/programs.ts';

interface Trained {
  losses: number[];
  gradientNorms: number[];
  /** Per parameter: its norm, and its product with sin(0), sin(1), ... */
  after: Record<string, [number, number]>;
}

interface Measured {
  parameters: ParameterList;
  loss: number;
  crossEntropy: number;
  kl: number;
  gradientNorms: Record<string, number>;
  'weightDecay0.0': Trained;
  'weightDecay0.1': Trained;
}

interface Oracle {
  vocabulary: number;
  positions: number;
  sequences: number;
  length: number;
  learningRates: number[];
  teacherShift: number;
  models: Record<FormulaModel, Measured>;
  distillation: Measured;
}

const oracle = JSON.parse(readFileSync(resolve(import.meta.dirname, '../../oracles/training.json'), 'utf8')) as Oracle;
const { sequences, length } = oracle;

const open: { dispose(): void }[] = [];
afterEach(() => open.splice(0).reverse().forEach((thing) => thing.dispose()));

function keep<T extends { dispose(): void }>(thing: T): T {
  open.push(thing);
  return thing;
}

function make(program: Program, type: FormulaModel, shift = 0): LanguageModel {
  const model = formulaModel(program, type, oracle, oracle.models[type].parameters, { amplitude: 0.2, shift });
  return keep(model);
}

/** The batches of make_training.py. */
const batch = (step: number) =>
  Int32Array.from({ length: sequences * length }, (_, i) => 3 + ((i * 31 + step * 17 + Math.floor(i / length)) % 47));

const norm = (values: Float32Array) => Math.sqrt(values.reduce((sum, x) => sum + x * x, 0));

function expectSame(model: LanguageModel, loss: LossFunction, expected: Measured) {
  const measured = gradientsOf(model, loss, batch(0), length);
  expect(measured.terms[0]).toBeCloseTo(expected.loss, 4);
  expect(measured.terms[1]).toBeCloseTo(expected.crossEntropy, 5);
  expect(measured.terms[2]).toBeCloseTo(expected.kl, 4);
  for (const [name, gradient] of measured.gradients) {
    expect(Math.abs(norm(gradient) - expected.gradientNorms[name]!), `gradient of ${name}`).toBeLessThan(1e-3 * expected.gradientNorms[name]! + 1e-6);
  }
}

function expectSameAfterSteps(model: LanguageModel, loss: LossFunction, weightDecay: number, expected: Trained) {
  const step = createStep(model, loss, { weightDecay, maxGradNorm: 1 });
  oracle.learningRates.forEach((learningRate, i) => {
    const metrics = step.run({ ids: batch(i), sequences, length, accumulationSteps: 2 }, { learningRate, step: i + 1, dropoutSeed: 0 });
    expect(metrics.lossNats / expected.losses[i]!).toBeCloseTo(1, 4);
    expect(metrics.gradientNorm / expected.gradientNorms[i]!).toBeCloseTo(1, 3);
  });
  for (const [name, variable] of model.parameters) {
    const values = model.program.read(variable);
    // GPT-2's key biases have a true gradient of zero, and Adam magnifies its rounding noise up to the learning rate.
    const tolerance = (name.endsWith('c_attn.bias') ? 1e-2 : 2e-4) * Math.sqrt(values.length);
    const [expectedNorm, expectedProduct] = expected.after[name]!;
    expect(Math.abs(norm(values) - expectedNorm), `norm of ${name}`).toBeLessThan(tolerance);
    expect(Math.abs(values.reduce((sum, x, i) => sum + x * Math.sin(i), 0) - expectedProduct), name).toBeLessThan(tolerance);
  }
}

describe.each(WAYS)('%s', (way) => {
  const program = () => keep(newProgram(way));

  describe.each(['llama', 'gpt2', 'gptj'] as const)('%s', (name) => {
    it('has PyTorch\'s loss and gradients', () => expectSame(make(program(), name), languageModelling, oracle.models[name]));
    it.each(['0.0', '0.1'] as const)('has PyTorch\'s parameters after three steps with weight decay %s', (weightDecay) =>
      expectSameAfterSteps(make(program(), name), languageModelling, Number(weightDecay), oracle.models[name][`weightDecay${weightDecay}`]));
  });

  describe('distillation from GPT-2 and GPT-J', () => {
    const loss = (shared: Program) => distillation([make(shared, 'gpt2', oracle.teacherShift), make(shared, 'gptj', oracle.teacherShift)], {
      alpha: 0.5, temperature: 2, kl_reduction: 'batchmean', ensemble: 'logits', teacher_weights: null,
    });
    it('has PyTorch\'s loss, terms and gradients', () => {
      const shared = program();
      expectSame(make(shared, 'llama'), loss(shared), oracle.distillation);
    });
    it.each(['0.0', '0.1'] as const)('has PyTorch\'s parameters after three steps with weight decay %s', (weightDecay) => {
      const shared = program();
      expectSameAfterSteps(make(shared, 'llama'), loss(shared), Number(weightDecay), oracle.distillation[`weightDecay${weightDecay}`]);
    });
  });
});
