/** A classifier over a model folder, with its optimiser, as one program: train on a batch, predict a batch, begin anew. */
import type { FinetuningOptions } from '../../shared/finetuning.ts';
import { readModelConfig } from '../models/configJson.ts';
import { buildModel } from '../models/createModel.ts';
import type { LanguageModel } from '../models/languageModel.ts';
import { WeightFiles } from '../models/weightFiles.ts';
import { createProgram } from '../tensorflow/createProgram.ts';
import { typesOf, type InputValue, type Program, type ProgramFunction } from '../tensorflow/program.ts';
import type { Variable } from '../tensorflow/tf.ts';
import { AdamW, type UpdateInputs } from '../training/optimiser.ts';
import { makeBatch, paddedLengths, type ClassificationBatch } from './batches.ts';
import { Classifier, createScore, initialScore, SCORE } from './classifier.ts';
import { createAdapters, initialAdapter } from './lora.ts';
import { predictStep, trainStep, type ExampleTensors, type TrainTensors } from './step.ts';

export interface StepSettings {
  learningRate: number;
  /** 1 for the first update. */
  step: number;
  /** A 31-bit number that the step's dropout masks follow from. */
  dropoutSeed: number;
}

export class ClassifierProgram {
  readonly program: Program;
  readonly classifier: Classifier;
  /** First values of what is trained. */
  readonly #initial: (name: string) => Float32Array;
  readonly #model: LanguageModel;
  readonly #optimiser: AdamW;
  readonly #train: ProgramFunction<keyof TrainTensors | UpdateInputs, 'metrics'>;
  readonly #predict: ProgramFunction<keyof ExampleTensors, 'logits'>;

  /**
   * @param folder of the model
   * @param classes how many classes to tell apart
   * @throws CriaError `bad-model`; `bad-input` for adapters that the model has no place for
   */
  constructor(folder: string, classes: number, options: FinetuningOptions, program = createProgram()) {
    const { lora, seed, maxGradNorm } = options;
    this.program = program;
    const config = readModelConfig(folder);
    const weights = new WeightFiles(folder, config);
    this.#model = buildModel(config, (name) => weights.read(name), { program }, () => weights.close());
    const drawAdapter = initialAdapter(seed);
    try {
      const adapters = lora && createAdapters(program, config, lora, seed);
      this.classifier = new Classifier(this.#model, createScore(this.#model, classes, seed), adapters);
      this.#initial = (name) => {
        if (name === SCORE) return initialScore(config, classes, seed);
        return adapters ? drawAdapter(name, adapters.parameters.get(name)!.shape as [number, number]) : weights.read(name);
      };
      this.#optimiser = new AdamW(program, this.classifier.trained, { weightDecay: 0, maxGradNorm });
      this.#train = program.function('train', trainStep(this.classifier, this.#optimiser));
      this.#predict = program.function('predict', predictStep(this.classifier));
      this.#prepare(options);
    } catch (error) {
      this.dispose();
      throw error;
    }
  }

  /** Every shape that will occur is recorded before the first run, since the graph is loaded anew when one comes later. */
  #prepare({ batchSize: rows, maxLength }: FinetuningOptions): void {
    for (const length of paddedLengths(maxLength)) {
      const batch = makeBatch([{ ids: new Int32Array(length), label: 0 }], { rows, padId: 0, maxLength });
      this.#predict.prepare(typesOf(exampleInputs(batch)));
      this.#train.prepare(typesOf(this.#trainInputs(batch, { learningRate: 0, step: 1, dropoutSeed: 0 })));
    }
  }

  #trainInputs(batch: ClassificationBatch, { learningRate, step, dropoutSeed }: StepSettings): Record<keyof TrainTensors | UpdateInputs, InputValue> {
    const ofRows = (values: Int32Array | Float32Array): InputValue => ({ values, shape: [batch.rows] });
    return {
      ...exampleInputs(batch),
      labels: ofRows(batch.labels),
      weights: ofRows(batch.weights),
      dropoutSeed: { values: Int32Array.of(dropoutSeed, 0), shape: [2] },
      ...this.#optimiser.inputs(learningRate, step),
    };
  }

  /** One update; none when the gradient is not finite. @returns the mean loss (nats per example) and the gradient's norm before clipping */
  train(batch: ClassificationBatch, settings: StepSettings): { lossNats: number; gradientNorm: number } {
    const { metrics } = this.#train.run(this.#trainInputs(batch, settings));
    return { lossNats: metrics[0]!, gradientNorm: metrics[1]! };
  }

  /** Class logits [rows * classes], row by row. */
  predict(batch: ClassificationBatch): Float32Array {
    return this.#predict.run(exampleInputs(batch)).logits as Float32Array;
  }

  /** The optimiser's moments, by the names that checkpoints use. */
  get optimiserState(): ReadonlyMap<string, Variable> {
    return this.#optimiser.state();
  }

  /** A trained parameter's values now. */
  read(name: string): Float32Array {
    return this.program.read(this.classifier.trained.get(name)!);
  }

  /** Back to the model as it was, a new classifier and new adapters. */
  reset(): void {
    for (const [name, variable] of this.classifier.trained) this.program.write(variable, () => this.#initial(name));
    for (const variable of this.optimiserState.values()) this.program.write(variable, () => new Float32Array(variable.size));
  }

  dispose(): void {
    this.program.dispose();
    this.#model.dispose();
  }
}

function exampleInputs({ ids, last, rows, length }: ClassificationBatch): Record<keyof ExampleTensors, InputValue> {
  return { ids: { values: ids, shape: [rows, length] }, last: { values: last, shape: [rows] } };
}
