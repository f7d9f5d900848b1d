/** Fine-tuning against transformers, peft, scikit-learn and tokenizers (tests/oracles/make_finetuning.py). */
import { readFileSync } from 'node:fs';
import { resolve } from 'node:path';
import { afterEach, describe, expect, it } from 'vitest';
import { binaryTable, metricOfTable } from '../../../src/main/evaluation/metrics.ts';
import { makeBatch } from '../../../src/main/finetuning/batches.ts';
import { Classifier } from '../../../src/main/finetuning/classifier.ts';
import { keptLengths } from '../../../src/main/finetuning/examples.ts';
import { buildAdapters } from '../../../src/main/finetuning/lora.ts';
import { select, type SelectionState } from '../../../src/main/finetuning/selection.ts';
import { classGradients, predictStep, trainStep } from '../../../src/main/finetuning/step.ts';
import type { Program } from '../../../src/main/tensorflow/program.ts';
import { tf, type Variable } from '../../../src/main/tensorflow/tf.ts';
import { AdamW } from '../../../src/main/training/optimiser.ts';
import { linearRateAt } from '../../../src/main/training/schedule.ts';
import { formulaModel, type FormulaModel, type ParameterList } from '../../support/formulaModels.ts';
import { maxDifference } from '../../support/fixtureModels.ts';
import { newProgram, WAYS, type Way } from '../../support/programs.ts';

interface Measured {
  trained: ParameterList;
  logits: number[];
  loss: number;
  gradientNorms: Record<string, number>;
  losses: number[];
  clippedNorms: number[];
  /** Per parameter after the steps: its norm, and its product with sin(0), sin(1), ... */
  after: Record<string, [number, number]>;
}

interface Oracle {
  vocabulary: number;
  positions: number;
  classes: number;
  lengths: number[];
  length: number;
  labels: number[];
  learningRates: number[];
  rank: number;
  alpha: number;
  models: Record<FormulaModel, { parameters: ParameterList; all: Measured; lora: Measured }>;
  metrics: { truth: number[]; predicted: number[]; accuracy: number; f1: number; matthews: number }[];
  earlyStopping: { values: number[]; larger: boolean; patience: number; best: number; stopped: number | null }[];
  truncation: [first: number, second: number, limit: number, keptFirst: number, keptSecond: number][];
  schedule: { warmup: number; total: number; rates: number[] }[];
}

const oracle = JSON.parse(readFileSync(resolve(import.meta.dirname, '../../oracles/finetuning.json'), 'utf8')) as Oracle;
const { classes, length, rank, alpha } = oracle;

const made: { dispose(): void }[] = [];
afterEach(() => made.splice(0).reverse().forEach((one) => one.dispose()));

/** A program with the classifier's variables in it. */
function make(type: FormulaModel, method: 'all' | 'lora', way: Way): { program: Program; classifier: Classifier } {
  const program = newProgram(way);
  const { parameters } = oracle.models[type];
  const model = formulaModel(program, type, oracle, parameters.slice(0, -1), { amplitude: 0.2 });
  const score = program.variable([classes, 16], () => Float32Array.from({ length: classes * 16 }, (_, i) => 0.2 * Math.sin(1.3 * (parameters.length - 1) + 0.7 * i)));
  let q = 0;
  const adapters = method === 'all' ? null : buildAdapters(program, model.config, { rank, alpha, dropout: 0, targets: null }, (_, [rows, columns]) => {
    const at = q++;
    return Float32Array.from({ length: rows * columns }, (_value, i) => 0.2 * Math.sin(1.3 * at + 0.7 * i + 0.3));
  });
  made.push(program, model);
  return { program, classifier: new Classifier(model, score, adapters) };
}

/** The batch of make_finetuning.py; longer than there, which must change nothing. */
function batch() {
  const examples = oracle.lengths.map((count, row) => ({
    ids: Int32Array.from({ length: count }, (_, column) => 3 + (((row * length + column) * 31 + row) % 47)), label: oracle.labels[row]!,
  }));
  return makeBatch(examples, { rows: examples.length + 2, padId: 0, maxLength: oracle.positions });
}

function stepInputs() {
  const { ids, last, labels, weights, rows, length: positions } = batch();
  return {
    ids: { values: ids, shape: [rows, positions] }, last: { values: last, shape: [rows] }, labels: { values: labels, shape: [rows] },
    weights: { values: weights, shape: [rows] }, dropoutSeed: { values: Int32Array.of(1, 2), shape: [2] },
  };
}

const norm = (values: Float32Array) => Math.sqrt(values.reduce((sum, x) => sum + x * x, 0));

describe.each(['llama', 'gpt2', 'gptj'] as const)('%s', (type) => {
  describe.each(['all', 'lora'] as const)('%s', (method) => {
    const expected = oracle.models[type][method];

    it.each(WAYS)('has PyTorch\'s class logits (%s)', (way) => {
      const { ids, last } = stepInputs();
      const { program, classifier } = make(type, method, way);
      const { logits } = program.function('predict', predictStep(classifier)).run({ ids, last });
      expect(maxDifference(logits.slice(0, expected.logits.length), expected.logits)).toBeLessThan(2e-5);
    });

    it('trains the same parameters, with PyTorch\'s loss and gradients', () => {
      const { classifier } = make(type, method, 'eager');
      const names = [...classifier.trained.keys()];
      expect([...classifier.trained].map(([name, { shape }]) => [name, shape]).sort()).toEqual([...expected.trained].sort());
      tf.tidy(() => {
        const tensors = Object.fromEntries(Object.entries(stepInputs()).map(([name, { values, shape }]) => [name, tf.tensor(values, shape, values instanceof Int32Array ? 'int32' : 'float32')]));
        const { loss, gradients } = classGradients(classifier, tensors as never);
        expect(loss.dataSync()[0]).toBeCloseTo(expected.loss, 5);
        gradients.forEach((gradient, i) => {
          const wanted = expected.gradientNorms[names[i]!]!;
          expect(Math.abs(norm(gradient.dataSync() as Float32Array) - wanted), names[i]).toBeLessThan(1e-3 * wanted + 1e-6);
        });
      });
    });

    it.each(WAYS)('has PyTorch\'s parameters after two steps (%s)', (way) => {
      const { program, classifier } = make(type, method, way);
      const read = (variables: ReadonlyMap<string, Variable>) => new Map([...variables].map(([name, variable]) => [name, Float32Array.from(program.read(variable))]));
      const optimiser = new AdamW(program, classifier.trained, { weightDecay: 0, maxGradNorm: 1 });
      const frozen = method === 'lora' ? read(classifier.body) : new Map<string, Float32Array>();
      const step = program.function('train', trainStep(classifier, optimiser));
      oracle.learningRates.forEach((rate, i) => {
        const [loss, gradientNorm] = step.run({ ...stepInputs(), ...optimiser.inputs(rate, i + 1) }).metrics as Float32Array;
        expect(loss).toBeCloseTo(expected.losses[i]!, 4);
        expect(gradientNorm! / expected.clippedNorms[i]!).toBeCloseTo(1, 3);
      });
      for (const [name, values] of read(classifier.trained)) {
        // Adam magnifies the rounding noise of gradients that are truly zero (GPT-2's key biases) up to the learning rate.
        const tolerance = (name.endsWith('c_attn.bias') ? 1e-2 : 2e-4) * Math.sqrt(values.length);
        const [expectedNorm, expectedProduct] = expected.after[name]!;
        expect(Math.abs(norm(values) - expectedNorm), `norm of ${name}`).toBeLessThan(tolerance);
        expect(Math.abs(values.reduce((sum, x, at) => sum + x * Math.sin(at), 0) - expectedProduct), name).toBeLessThan(tolerance);
      }
      for (const [name, values] of frozen) expect(maxDifference(program.read(classifier.body.get(name)!), values), name).toBe(0);
    });
  });
});

describe('rules', () => {
  it('metrics equal scikit-learn\'s', () => {
    for (const expected of oracle.metrics) {
      const table = binaryTable(expected.predicted, expected.truth);
      for (const metric of ['accuracy', 'f1', 'matthews'] as const) expect(metricOfTable(metric, table), metric).toBeCloseTo(expected[metric], 12);
    }
  });

  it('keeps and stops at the epochs that transformers\' EarlyStoppingCallback does', () => {
    for (const { values, larger, patience, best, stopped } of oracle.earlyStopping) {
      let state: SelectionState = { best: null, misses: 0 };
      let at: number | null = null;
      for (let epoch = 1; epoch <= values.length && at === null; epoch++) {
        const chosen = select(state, { larger, patience, threshold: 0.001 }, epoch, values[epoch - 1]!);
        state = chosen.state;
        if (chosen.stop) at = epoch;
      }
      expect({ values, best: state.best?.step, stopped: at }).toEqual({ values, best, stopped });
    }
  });

  it('cuts pairs as tokenizers\' longest_first does', () => {
    for (const [first, second, limit, ...kept] of oracle.truncation) expect([first, second, limit, ...keptLengths(first, second, limit)]).toEqual([first, second, limit, ...kept]);
  });

  it('has transformers\' linear schedule', () => {
    for (const { warmup, total, rates } of oracle.schedule) rates.forEach((rate, step) => expect(linearRateAt(5e-5, step, warmup, total)).toBeCloseTo(rate, 15));
  });
});
