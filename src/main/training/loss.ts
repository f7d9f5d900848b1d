/**
 * Cross-entropy of next-token prediction. Shapes in comments: B sequences, T positions, N = B*T, V vocabulary.
 */
import { withGradient } from '../tensorflow/gradient.ts';
import { sparseCrossEntropy } from '../tensorflow/ops.ts';
import { tf, type Scalar, type Tensor1D, type Tensor2D } from '../tensorflow/tf.ts';

/** What the rows of a batch's logits are to predict. */
export interface Targets {
  /** The next token at each position, int32 [N]; any id where the weight is 0. */
  ids: Tensor1D;
  /** 1 where the prediction counts, 0 at each sequence's last position and before padding; float32 [N]. */
  weights: Tensor1D;
}

/**
 * The labels of token ids by Hugging Face's rule: each position predicts the next, the last one nothing, and pad tokens are ignored.
 *
 * @param ids [B * T] token ids, row by row
 * @param padId ignored as a label; null when there is none
 */
export function shiftLabels(ids: Int32Array, length: number, padId: number | null): { ids: Int32Array; weights: Float32Array; counted: number } {
  const labels = new Int32Array(ids.length);
  const weights = new Float32Array(ids.length);
  let counted = 0;
  for (let i = 0; i < ids.length; i++) {
    if ((i + 1) % length === 0) continue;
    const next = ids[i + 1]!;
    if (next === padId) continue;
    labels[i] = next;
    weights[i] = 1;
    counted++;
  }
  return { ids: labels, weights, counted };
}

/**
 * Mean negative log-likelihood, in nats per token. Over several micro-batches, divide each by the tokens of all of them: the sum is then
 * the loss of the whole batch, however it was cut.
 * @param logits float32 [N, V]
 * @param tokens what the weighted sum is divided by, float32 []
 */
export function crossEntropy(logits: Tensor2D, { ids, weights }: Targets, tokens: Scalar): Scalar {
  return withGradient(
    [logits],
    (input) => {
      const { nll, slope } = sparseCrossEntropy(input, ids);
      return { value: tf.div<Scalar>(tf.sum(tf.mul(nll, weights)), tokens), saved: [slope] };
    },
    (dy, [slope]) => [tf.mul(slope, tf.mul(tf.expandDims(weights, 1), tf.div(dy, tokens)))],
  );
}
