/** A classifier over a model folder, with its optimiser, as one compiled program: train on a batch, predict a batch, begin anew. */
import type { FinetuningOptions } from '../../shared/finetuning.ts';
import { readModelConfig } from '../models/configJson.ts';
import { buildModel } from '../models/createModel.ts';
import { WeightFiles } from '../models/weightFiles.ts';
import { Program, type CompiledFunction, type InputValue } from '../tensorflow/compile/program.ts';
import type { MakeVariable } from '../tensorflow/variables.ts';
import type { StoredTensor } from '../training/checkpoint.ts';
import { AdamW } from '../training/optimiser.ts';
import { paddedLengths, type ClassificationBatch } from './batches.ts';
import { Classifier, createScore } from './classifier.ts';
import { createAdapters } from './lora.ts';
import { predictStep, trainStep, type ExampleTensors, type StepTensors } from './step.ts';

export interface StepSettings {
  learningRate: number;
  /** 1 for the first update. */
  step: number;
  /** A 31-bit number that the step's dropout masks follow from. */
  dropoutSeed: number;
}

export class ClassifierProgram {
  readonly classifier: Classifier;
  readonly #program = new Program();
  readonly #weights: WeightFiles;
  readonly #optimiser: AdamW;
  readonly #train: CompiledFunction<keyof StepTensors, 'metrics'>;
  readonly #predict: CompiledFunction<keyof ExampleTensors, 'logits'>;
  /** First values of what is trained. */
  readonly #initial = new Map<string, (() => Float32Array) | undefined>();

  /**
   * @param folder of the model
   * @param classes how many classes to tell apart
   * @throws CriaError `bad-model`; `bad-input` for adapters that the model has no place for
   */
  constructor(folder: string, classes: number, options: FinetuningOptions) {
    const config = readModelConfig(folder);
    const make: MakeVariable = (name, shape, initial) => {
      this.#initial.set(name, initial);
      return this.#program.variable(name, shape, initial);
    };
    this.#weights = new WeightFiles(folder, config);
    try {
      const model = buildModel(config, (name) => this.#weights.read(name), make);
      const adapters = options.lora && createAdapters(config, options.lora, options.seed, make);
      this.classifier = new Classifier(model, createScore(model, classes, options.seed, make), adapters);
      this.#optimiser = new AdamW(this.classifier.trained, { weightDecay: 0, maxGradNorm: options.maxGradNorm }, make);
      this.#train = this.#program.function('train', trainStep(this.classifier, this.#optimiser));
      this.#predict = this.#program.function('predict', predictStep(this.classifier));
      this.#prepare(options);
    } catch (error) {
      this.dispose();
      throw error;
    }
  }

  /** Every shape that will occur is recorded before the first run, since the graph is loaded anew when one comes later. */
  #prepare({ batchSize: rows, maxLength }: FinetuningOptions): void {
    for (const length of paddedLengths(maxLength)) {
      const ids = { dtype: 'int32', shape: [rows, length] } as const;
      const ofRows = (dtype: 'int32' | 'float32') => ({ dtype, shape: [rows] });
      const scalar = { dtype: 'float32', shape: [] } as const;
      this.#predict.prepare({ ids, last: ofRows('int32') });
      this.#train.prepare({
        ids, last: ofRows('int32'), labels: ofRows('int32'), weights: ofRows('float32'),
        dropoutSeed: { dtype: 'int32', shape: [2] }, learningRate: scalar, step: scalar,
      });
    }
  }

  /** One update. @returns the mean loss (nats per example) and the gradient's norm before clipping */
  train(batch: ClassificationBatch, { learningRate, step, dropoutSeed }: StepSettings): { lossNats: number; gradientNorm: number } {
    const scalar = (value: number): InputValue => ({ values: Float32Array.of(value), shape: [] });
    const { metrics } = this.#train.run({
      ...examples(batch),
      labels: { values: batch.labels, shape: [batch.rows] },
      weights: { values: batch.weights, shape: [batch.rows] },
      dropoutSeed: { values: Int32Array.of(dropoutSeed, 0), shape: [2] },
      learningRate: scalar(learningRate),
      step: scalar(step),
    });
    return { lossNats: metrics[0]!, gradientNorm: metrics[1]! };
  }

  /** Class logits [rows * classes], row by row. */
  predict(batch: ClassificationBatch): Float32Array {
    return this.#predict.run(examples(batch)).logits as Float32Array;
  }

  /** What is trained: every weight without the head, or adapters; and the classifier. */
  get trained(): Map<string, StoredTensor> {
    return this.#stored(this.classifier.trained);
  }

  /** The optimiser's moments. */
  get optimiserState(): Map<string, StoredTensor> {
    return this.#stored(this.#optimiser.state());
  }

  /** Back to the model as it was, a new classifier and new adapters. */
  reset(): void {
    for (const [name, tensor] of [...this.trained, ...this.optimiserState]) {
      tensor.write(this.#initial.get(name)?.() ?? new Float32Array(tensor.shape.reduce((product, size) => product * size, 1)));
    }
  }

  #stored(variables: ReadonlyMap<string, { shape: readonly number[] }>): Map<string, StoredTensor> {
    return new Map([...variables].map(([name, { shape }]) => [name, {
      shape, read: () => this.#program.read(name), write: (values) => this.#program.write(name, values),
    }]));
  }

  dispose(): void {
    this.#program.dispose();
    this.#weights.close();
  }
}

function examples({ ids, last, rows, length }: ClassificationBatch): Record<keyof ExampleTensors, InputValue> {
  return { ids: { values: ids, shape: [rows, length] }, last: { values: last, shape: [rows] } };
}
