/**
 * Steps of fine-tuning as pure functions of tensors: everything that changes from step to step comes in as a tensor, and nothing is read
 * back inside, so that a step can be run op by op or recorded as one graph.
 * Shapes in comments: B sequences, T positions, K classes.
 */
import { withGradient } from '../tensorflow/gradient.ts';
import { tf, type Scalar, type Tensor, type Tensor1D, type Tensor2D, type Variable } from '../tensorflow/tf.ts';
import { sparseCrossEntropy } from '../training/loss.ts';
import type { AdamW } from '../training/optimiser.ts';
import type { Classifier } from './classifier.ts';

export interface ExampleTensors {
  /** int32 [B, T] */
  ids: Tensor2D;
  /** int32 [B], position of each sequence's last token */
  last: Tensor1D;
}

export interface StepTensors extends ExampleTensors {
  /** int32 [B] */
  labels: Tensor1D;
  /** float32 [B], 0 for rows that only fill the batch up */
  weights: Tensor1D;
  /** int32 [2], what this step's dropout masks follow from */
  dropoutSeed: Tensor1D;
  learningRate: Scalar;
  /** float32, 1 for the first update */
  step: Scalar;
}

/**
 * Mean cross-entropy over the rows that count.
 * @param logits float32 [B, K]
 */
export function classLoss(logits: Tensor2D, labels: Tensor1D, weights: Tensor1D): Scalar {
  return withGradient(
    [logits],
    (input) => {
      const { nll, slope } = sparseCrossEntropy(input, labels);
      const shares = tf.div<Tensor1D>(weights, tf.sum(weights)); // (B)
      return { value: tf.sum<Scalar>(tf.mul(nll, shares)), saved: [tf.mul<Tensor2D>(slope, tf.expandDims(shares, 1))] };
    },
    (dy, [slope]) => [tf.mul(slope, dy)],
  );
}

/** Loss and the gradient of each trained parameter, in their order. */
export function classGradients(classifier: Classifier, { ids, last, labels, weights, dropoutSeed }: Omit<StepTensors, 'learningRate' | 'step'>): { loss: Scalar; gradients: Tensor[] } {
  const variables: Variable[] = [...classifier.trained.values()];
  const { value: loss, grads } = tf.variableGrads(() => classLoss(classifier.logits(ids, last, dropoutSeed), labels, weights), variables);
  return { loss, gradients: variables.map((variable) => grads[variable.name]!) };
}

/** One update of the trained parameters. @returns [loss, global norm of the gradient before clipping] */
export function trainStep(classifier: Classifier, optimiser: AdamW): (inputs: StepTensors) => Tensor1D {
  return (inputs) => {
    const { loss, gradients } = classGradients(classifier, inputs);
    const norm = optimiser.update(gradients, inputs);
    return tf.stack([loss, norm]) as Tensor1D;
  };
}

/** Class logits [B, K] without dropout. */
export function predictStep(classifier: Classifier): (inputs: ExampleTensors) => Tensor2D {
  return ({ ids, last }) => classifier.logits(ids, last);
}
