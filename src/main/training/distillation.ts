/**
 * Distillation's loss: alpha * CE(student) + (1 - alpha) * T^2 * KL(teacher at T || student at T), Hinton et al. 2015 as BabyLlama has
 * it. Shapes in comments: B sequences, P positions, N = B*P, V vocabulary; T is the temperature.
 */
import type { DistillationConfig } from '../../shared/config.ts';
import { withGradient } from '../tensorflow/gradient.ts';
import { logSoftmax, sparseCrossEntropy } from '../tensorflow/ops.ts';
import { tf, type Scalar, type Tensor, type Tensor1D, type Tensor2D } from '../tensorflow/tf.ts';
import type { Targets } from './loss.ts';

export type DistillationOptions = Pick<DistillationConfig, 'alpha' | 'temperature' | 'kl_reduction' | 'ensemble' | 'teacher_weights'>;

/** Over how much the two terms are averaged; with accumulation, over the whole batch. */
export interface Normaliser {
  /** Predicted tokens, float32 []. */
  tokens: Scalar;
  /** float32 []. */
  sequences: Scalar;
  positions: number;
}

/**
 * The ensemble's log-probabilities at the temperature, [N, V]: of the weighted mean of the teachers' logits (the recipe's), or the
 * weighted mean of their probabilities. Teachers are asked one after the other, and each one's logits are freed before the next's are made.
 */
export function ensembleLogProbabilities(teachers: readonly (() => Tensor2D)[], { temperature, ensemble, teacher_weights }: DistillationOptions): Tensor2D {
  const weights = teacher_weights ?? teachers.map(() => 1);
  const total = weights.reduce((sum, weight) => sum + weight, 0);
  let mean: Tensor2D | null = null;
  teachers.forEach((teacher, index) => {
    const share = weights[index]! / total;
    const sum: Tensor2D = tf.tidy(() => {
      const logits = teacher();
      const own = ensemble === 'logits' ? tf.mul<Tensor2D>(logits, share / temperature) : tf.mul<Tensor2D>(tf.softmax(tf.div(logits, temperature)), share);
      return mean ? tf.add<Tensor2D>(mean, own) : own;
    });
    mean?.dispose();
    mean = sum;
  });
  return tf.tidy(() => (ensemble === 'logits' ? logSoftmax(mean!) : tf.log(mean!)));
}

/**
 * Loss, cross-entropy and KL term of a batch, as one tensor [3] so that they are read back in one go. The gradient flows from the first
 * element alone; it is computed with the loss, in closed form, so that of all the [N, V] tensors only it is kept.
 *
 * @param logits the student's, float32 [N, V]
 * @param teacher log-probabilities of the ensemble at the temperature, [N, V]
 * @returns [loss, cross-entropy in nats per token, KL term times T^2 with its reduction]
 */
export function distillationLoss(logits: Tensor2D, targets: Targets, teacher: Tensor2D, options: DistillationOptions, over: Normaliser): Tensor1D {
  const { alpha, temperature } = options;
  // KLDivLoss(reduction='batchmean') on [B, P, V] divides by B alone, so the recipe's term grows with the sequence length.
  const rows = options.kl_reduction === 'batchmean' ? over.sequences : tf.mul<Scalar>(over.sequences, over.positions);
  return withGradient(
    [logits],
    (student) => {
      const { nll, slope } = sparseCrossEntropy(student, targets.ids);
      const crossEntropy = tf.div(tf.sum(tf.mul(nll, targets.weights)), over.tokens);
      const logQ = logSoftmax(tf.div(student, temperature));
      const p = tf.exp(teacher);
      const kl = tf.mul(tf.sum(tf.mul(p, tf.sub(teacher, logQ))), tf.div(temperature ** 2, rows));
      const loss = tf.add(tf.mul(crossEntropy, alpha), tf.mul(kl, 1 - alpha));
      const fromLabels = tf.mul(slope, tf.expandDims(tf.mul(targets.weights, tf.div(alpha, over.tokens)), 1));
      // d KL / d logits = (q - p) / T per row, times T^2.
      const fromTeacher = tf.mul(tf.sub(tf.exp(logQ), p), tf.div((1 - alpha) * temperature, rows));
      return { value: tf.stack([loss, crossEntropy, kl]) as Tensor1D, saved: [tf.add(fromLabels, fromTeacher) as Tensor] };
    },
    (dy, [gradient]) => [tf.mul(gradient, tf.slice(dy, 0, 1))],
  );
}
