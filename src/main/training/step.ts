/**
 * One optimiser step: batch in, metrics out, weights updated in between. Methods differ in their loss alone. The work is done by functions
 * of the model's program, which runs them op by op or as recorded graphs.
 * Shapes in comments: B sequences, T positions, N = B*T, V vocabulary.
 */
import type { LanguageModel } from '../models/languageModel.ts';
import { isFinite } from '../tensorflow/ops.ts';
import { typesOf, type InputValue, type ProgramFunction } from '../tensorflow/program.ts';
import { tf, type Scalar, type Tensor, type Tensor1D, type Tensor2D, type Variable } from '../tensorflow/tf.ts';
import { distillationLoss, ensembleLogProbabilities, type DistillationOptions, type Normaliser } from './distillation.ts';
import { crossEntropy, shiftLabels, type Targets } from './loss.ts';
import { LossScale } from './lossScale.ts';
import { AdamW, globalNorm, type OptimiserOptions, type UpdateInputs } from './optimiser.ts';

export interface Batch {
  /** [sequences * length] token ids, row by row. */
  ids: Int32Array;
  sequences: number;
  length: number;
  /** The batch is run in so many parts, whose gradients add up to the whole batch's. */
  accumulationSteps: number;
}

export interface StepSettings {
  learningRate: number;
  /** 1 for a run's first update. */
  step: number;
  /** A 31-bit number that this step's dropout masks follow from. */
  dropoutSeed: number;
}

export interface StepMetrics {
  /** What was minimised. */
  lossNats: number;
  crossEntropyNats: number;
  /** Distillation's KL term with its reduction, T^2 included; null in plain training. */
  kl: number | null;
  /** Global L2 norm before clipping. */
  gradientNorm: number;
}

/**
 * Loss of a part of a batch as a tensor [3]: loss, cross-entropy, KL. The gradient flows from the first element.
 * @param logits the model's, float32 [N, V]
 */
export type LossFunction = (logits: Tensor2D, ids: Tensor2D, targets: Targets, over: Normaliser) => Tensor1D;

/** Plain language modelling. */
export const languageModelling: LossFunction = (logits, _ids, targets, over) => {
  const loss = crossEntropy(logits, targets, over.tokens);
  return tf.stack([loss, loss, tf.scalar(0)]) as Tensor1D;
};

/** Distillation from frozen teachers of the student's program, whose logits are computed in the same step, without dropout. */
export function distillation(teachers: readonly LanguageModel[], options: DistillationOptions): LossFunction {
  return (logits, ids, targets, over) => {
    const vocabulary = logits.shape[1];
    const asked = teachers.map((teacher) => () => tf.reshape(teacher.logits(ids), [-1, vocabulary]) as Tensor2D);
    return distillationLoss(logits, targets, ensembleLogProbabilities(asked, options), options, over);
  };
}

/** Inputs that a part of a batch becomes. */
type PartInputs = 'ids' | 'labels' | 'weights' | 'tokens' | 'sequences' | 'dropoutSeed';

/** More dropout sites than any model has, so that parts never share a mask. */
const PART_SEED_STRIDE = 1 << 12;

export class TrainingStep {
  readonly #model: LanguageModel;
  readonly #loss: LossFunction;
  readonly #optimiser: AdamW;
  readonly #scale: LossScale;
  readonly #hasKl: boolean;
  /** A batch in one part. */
  readonly #whole: ProgramFunction<PartInputs | UpdateInputs, 'terms' | 'norm' | 'usable'>;
  /** A batch in several: each adds its gradients to sums, which the update takes. */
  readonly #part: ProgramFunction<PartInputs, 'terms'>;
  readonly #update: ProgramFunction<UpdateInputs, 'norm' | 'usable'>;
  #sums: Variable[] | null = null;

  constructor(model: LanguageModel, loss: LossFunction, optimiser: AdamW) {
    this.#model = model;
    this.#loss = loss;
    this.#optimiser = optimiser;
    this.#hasKl = loss !== languageModelling;
    const { program } = model;
    this.#scale = new LossScale(program);
    this.#whole = program.function('train', (inputs) => {
      const { terms, gradients } = this.#differentiate(inputs);
      return { terms, ...this.#apply(gradients, inputs) };
    });
    this.#part = program.function('accumulate', (inputs) => {
      const { terms, gradients } = this.#differentiate(inputs);
      this.#sums!.forEach((sum, i) => sum.assign(tf.add(sum, gradients[i]!)));
      return { terms };
    });
    this.#update = program.function('update', (inputs) => {
      const done = this.#apply(this.#sums!.map((sum) => tf.clone<Tensor>(sum)), inputs);
      for (const sum of this.#sums!) sum.assign(tf.zeros(sum.shape));
      return done;
    });
  }

  /** Makes ready for batches of this shape. */
  prepare(shape: Omit<Batch, 'ids'>): void {
    const update = typesOf(this.#optimiser.inputs(0, 1));
    const parts = this.#cut({ ...shape, ids: new Int32Array(shape.sequences * shape.length) }, { learningRate: 0, step: 1, dropoutSeed: 0 }).map(typesOf);
    if (parts.length === 1) return this.#whole.prepare({ ...parts[0]!, ...update });
    this.#makeSums();
    for (const part of parts) this.#part.prepare(part);
    this.#update.prepare(update);
  }

  /** What of a step's state checkpoints keep beside the weights. */
  state(): Map<string, Variable> {
    return new Map([...this.#optimiser.state(), ...this.#scale.state()]);
  }

  /** @throws CriaError `non-finite` when loss or gradient are not finite; the weights are untouched then */
  run(batch: Batch, settings: StepSettings): StepMetrics {
    const parts = this.#cut(batch, settings);
    const updateInputs = this.#optimiser.inputs(settings.learningRate, settings.step);
    let lossNats = 0;
    let crossEntropyNats = 0;
    let kl = 0;
    const add = (terms: ArrayLike<number>) => {
      lossNats += terms[0]!;
      crossEntropyNats += terms[1]!;
      kl += terms[2]!;
    };
    let result: Record<'norm' | 'usable', ArrayLike<number>>;
    if (parts.length === 1) {
      const whole = this.#whole.run({ ...parts[0]!, ...updateInputs });
      add(whole.terms);
      result = whole;
    } else {
      this.#makeSums();
      for (const part of parts) add(this.#part.run(part).terms);
      result = this.#update.run(updateInputs);
    }
    const gradientNorm = result.norm[0]!;
    if (!result.usable[0] || !Number.isFinite(lossNats)) this.#scale.refuse(settings.step, lossNats, gradientNorm);
    return { lossNats, crossEntropyNats, kl: this.#hasKl ? kl : null, gradientNorm };
  }

  /** Where the gradients of a batch's parts are added up. */
  #makeSums(): void {
    this.#sums ??= [...this.#model.parameters.values()].map(({ shape }) => this.#model.program.variable(shape));
  }

  /** The inputs of each part of a batch. */
  #cut({ ids, sequences, length, accumulationSteps }: Batch, { dropoutSeed }: StepSettings): Record<PartInputs, InputValue>[] {
    const labels = shiftLabels(ids, length, this.#model.config.pad_token_id);
    const perPart = Math.ceil(sequences / accumulationSteps);
    const parts: Record<PartInputs, InputValue>[] = [];
    for (let part = 0; part * perPart < sequences; part++) {
      const [from, to] = [part * perPart * length, Math.min(sequences, (part + 1) * perPart) * length];
      parts.push({
        ids: { shape: [(to - from) / length, length], values: ids.subarray(from, to) },
        labels: { shape: [to - from], values: labels.ids.subarray(from, to) },
        weights: { shape: [to - from], values: labels.weights.subarray(from, to) },
        tokens: { shape: [], values: Float32Array.of(Math.max(1, labels.counted)) },
        sequences: { shape: [], values: Float32Array.of(sequences) },
        dropoutSeed: { shape: [2], values: Int32Array.of(dropoutSeed, part * PART_SEED_STRIDE) },
      });
    }
    return parts;
  }

  /** Loss terms [3] of a part, and the gradient of each parameter, in order and times the loss scale. */
  #differentiate({ ids, labels, weights, tokens, sequences, dropoutSeed }: Record<PartInputs, Tensor>): { terms: Tensor; gradients: Tensor[] } {
    const targets = { ids: labels as Tensor1D, weights: weights as Tensor1D };
    const over = { tokens: tokens as Scalar, sequences: sequences as Scalar, positions: ids.shape[1]! };
    let terms: Tensor | undefined;
    const variables: Variable[] = [...this.#model.parameters.values()];
    const { grads } = tf.variableGrads(() => {
      const logits = tf.reshape(this.#model.logits(ids as Tensor2D, { dropoutSeed }), [ids.size, -1]) as Tensor2D;
      terms = this.#loss(logits, ids as Tensor2D, targets, over);
      tf.keep(terms); // variableGrads frees all but what it returns.
      return this.#scale.apply(tf.reshape(tf.slice(terms, 0, 1), []) as Scalar);
    }, variables);
    const result = tf.clone(terms!);
    terms!.dispose();
    return { terms: result, gradients: variables.map((variable) => grads[variable.name]!) };
  }

  #apply(gradients: readonly Tensor[], inputs: Record<UpdateInputs, Tensor>): { norm: Tensor; usable: Tensor } {
    const scale = this.#scale.value();
    const norm = tf.div(globalNorm(gradients), scale);
    const usable = isFinite(norm);
    this.#optimiser.update({ values: gradients, norm, usable, scale }, inputs);
    this.#scale.adapt(usable);
    return { norm, usable };
  }
}

/** A step with its own optimiser. */
export function createStep(model: LanguageModel, loss: LossFunction, options: OptimiserOptions): TrainingStep {
  return new TrainingStep(model, loss, new AdamW(model.program, model.parameters, options));
}

