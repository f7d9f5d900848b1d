/**
 * Steps of fine-tuning as pure functions of tensors: everything that changes from step to step comes in as a tensor, and nothing is read
 * back inside, so that a step can be run op by op or recorded as one graph.
 * Shapes in comments: B sequences, T positions, K classes.
 */
import { withGradient } from '../tensorflow/gradient.ts';
import { isFinite, sparseCrossEntropy } from '../tensorflow/ops.ts';
import { tf, type Scalar, type Tensor, type Tensor1D, type Tensor2D, type Variable } from '../tensorflow/tf.ts';
import { globalNorm, type AdamW, type UpdateInputs } from '../training/optimiser.ts';
import type { Classifier } from './classifier.ts';

/** What a program feeds to a step, by name. */
export interface ExampleTensors {
  /** int32 [B, T] */
  ids: Tensor;
  /** int32 [B], place of each sequence's last token among all B * T */
  last: Tensor;
}

export interface TrainTensors extends ExampleTensors {
  /** int32 [B] */
  labels: Tensor;
  /** float32 [B], 0 for rows that only fill the batch up */
  weights: Tensor;
  /** int32 [2], what this step's dropout masks follow from */
  dropoutSeed: Tensor;
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
export function classGradients(classifier: Classifier, { ids, last, labels, weights, dropoutSeed }: TrainTensors): { loss: Scalar; gradients: Tensor[] } {
  const variables: Variable[] = [...classifier.trained.values()];
  const { value: loss, grads } = tf.variableGrads(() => classLoss(logitsOf(classifier, { ids, last }, dropoutSeed), labels as Tensor1D, weights as Tensor1D), variables);
  return { loss, gradients: variables.map((variable) => grads[variable.name]!) };
}

/** One update of the trained parameters; none when the gradient is not finite. `metrics` is [loss, global norm of the gradient before clipping]. */
export function trainStep(classifier: Classifier, optimiser: AdamW): (inputs: TrainTensors & Record<UpdateInputs, Tensor>) => { metrics: Tensor } {
  return (inputs) => {
    const { loss, gradients } = classGradients(classifier, inputs);
    const norm = globalNorm(gradients);
    optimiser.update({ values: gradients, norm, usable: isFinite(norm), scale: tf.scalar(1) }, inputs);
    return { metrics: tf.stack([loss, norm]) };
  };
}

/** Class logits [B, K] without dropout. */
export function predictStep(classifier: Classifier): (inputs: ExampleTensors) => { logits: Tensor } {
  return (inputs) => ({ logits: logitsOf(classifier, inputs) });
}

function logitsOf(classifier: Classifier, { ids, last }: ExampleTensors, dropoutSeed?: Tensor): Tensor2D {
  return classifier.logits(ids as Tensor2D, last as Tensor1D, dropoutSeed);
}
