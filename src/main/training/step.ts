/**
 * One optimiser step: batch in, metrics out, weights updated in between. Methods differ in their loss alone. This implementation runs op
 * by op; whatever runs the same as one graph can take its place.
 * Shapes in comments: B sequences, T positions, N = B*T, V vocabulary.
 */
import { CriaError } from '../../shared/errors.ts';
import type { LanguageModel } from '../models/languageModel.ts';
import { tf, type Tensor, type Tensor1D, type Tensor2D, type Variable } from '../tensorflow/tf.ts';
import { distillationLoss, ensembleLogProbabilities, type DistillationOptions, type Normaliser } from './distillation.ts';
import { crossEntropy, shiftLabels, type Targets } from './loss.ts';
import { AdamW, globalNorm, type OptimiserOptions } from './optimiser.ts';

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

export interface TrainingStep {
  /**
   * @throws CriaError `non-finite` when loss or gradient are not finite; the weights are untouched then
   */
  run(batch: Batch, settings: StepSettings): StepMetrics;
  dispose(): void;
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

/** Distillation from frozen teachers, whose logits are computed in the same step, without dropout. */
export function distillation(teachers: readonly LanguageModel[], options: DistillationOptions): LossFunction {
  return (logits, ids, targets, over) => {
    const vocabulary = logits.shape[1];
    const asked = teachers.map((teacher) => () => tf.reshape(teacher.logits(ids), [-1, vocabulary]) as Tensor2D);
    return distillationLoss(logits, targets, ensembleLogProbabilities(asked, options), options, over);
  };
}

export class EagerStep implements TrainingStep {
  readonly #model: LanguageModel;
  readonly #loss: LossFunction;
  readonly #optimiser: AdamW;
  readonly #hasKl: boolean;

  constructor(model: LanguageModel, loss: LossFunction, optimiser: AdamW) {
    this.#model = model;
    this.#loss = loss;
    this.#optimiser = optimiser;
    this.#hasKl = loss !== languageModelling;
  }

  run(batch: Batch, settings: StepSettings): StepMetrics {
    const [terms, ...gradients] = this.#accumulate(batch, settings) as [Tensor, ...Tensor[]];
    try {
      const read = tf.tidy(() => tf.concat([terms, tf.reshape(globalNorm(gradients), [1])]));
      const [lossNats, crossEntropyNats, kl, gradientNorm] = read.dataSync() as unknown as [number, number, number, number];
      read.dispose();
      refuseNonFinite(settings.step, lossNats, gradientNorm);
      this.#optimiser.apply(gradients, { norm: gradientNorm, learningRate: settings.learningRate, step: settings.step });
      return { lossNats, crossEntropyNats, kl: this.#hasKl ? kl : null, gradientNorm };
    } finally {
      tf.dispose([terms, ...gradients]);
    }
  }

  /** Loss terms [3], then the gradient of each parameter, in order; summed over the parts of the batch. */
  #accumulate(batch: Batch, { dropoutSeed }: StepSettings): Tensor[] {
    const { ids, sequences, length, accumulationSteps } = batch;
    const labels = shiftLabels(ids, length, this.#model.config.pad_token_id);
    const over = { tokens: Math.max(1, labels.counted), sequences, positions: length };
    const perPart = Math.ceil(sequences / accumulationSteps);
    let sum: Tensor[] | null = null;
    for (let part = 0; part * perPart < sequences; part++) {
      const [from, to] = [part * perPart * length, Math.min(sequences, (part + 1) * perPart) * length];
      const next: Tensor[] = tf.tidy(() => {
        const input = tf.tensor2d(ids.subarray(from, to), [(to - from) / length, length], 'int32');
        const targets = {
          ids: tf.tensor1d(labels.ids.subarray(from, to), 'int32'),
          weights: tf.tensor1d(labels.weights.subarray(from, to)),
        };
        const seed = tf.tensor1d([dropoutSeed, part * PART_SEED_STRIDE], 'int32');
        const own = this.#differentiate(input, targets, seed, over);
        const earlier = sum;
        return earlier ? own.map((tensor, i) => tf.add(earlier[i]!, tensor)) : own;
      });
      tf.dispose(sum ?? []);
      sum = next;
    }
    return sum!;
  }

  #differentiate(input: Tensor2D, targets: Targets, dropoutSeed: Tensor, over: Normaliser): Tensor[] {
    let terms: Tensor | undefined;
    const variables: Variable[] = [...this.#model.parameters.values()];
    const { grads } = tf.variableGrads(() => {
      const logits = tf.reshape(this.#model.logits(input, { dropoutSeed }), [input.size, -1]) as Tensor2D;
      terms = this.#loss(logits, input, targets, over);
      tf.keep(terms); // variableGrads frees all but what it returns.
      return tf.reshape(tf.slice(terms, 0, 1), []);
    }, variables);
    const result = tf.clone(terms!);
    terms!.dispose();
    return [result, ...variables.map((variable) => grads[variable.name]!)];
  }

  dispose(): void {
    this.#optimiser.dispose();
  }
}

/** More dropout sites than any model has, so that parts never share a mask. */
const PART_SEED_STRIDE = 1 << 12;

function refuseNonFinite(step: number, loss: number, gradientNorm: number): void {
  if (Number.isFinite(loss) && Number.isFinite(gradientNorm)) return;
  const what = Number.isFinite(loss) ? `gradient norm (${gradientNorm})` : `loss (${loss})`;
  throw new CriaError('non-finite', `The ${what} of step ${step} is not finite; the weights before it are kept.`,
    'Lower training.lr, lengthen training.warmup_steps, or lower training.max_grad_norm.');
}

/** An eager step with its own optimiser. */
export function createStep(model: LanguageModel, loss: LossFunction, options: OptimiserOptions): { step: TrainingStep; optimiser: AdamW } {
  const optimiser = new AdamW(model.parameters, options);
  return { step: new EagerStep(model, loss, optimiser), optimiser };
}
