/** A model's loss and gradients on one batch, read back for comparison. */
import type { LanguageModel } from '../../src/main/models/languageModel.ts';
import { tf, type Tensor, type Tensor2D, type Variable } from '../../src/main/tensorflow/tf.ts';
import { shiftLabels } from '../../src/main/training/loss.ts';
import type { LossFunction } from '../../src/main/training/step.ts';

export interface LossAndGradients {
  loss: number;
  /** Loss, cross-entropy, KL. */
  terms: Float32Array;
  gradients: Map<string, Float32Array>;
}

export function gradientsOf(model: LanguageModel, loss: LossFunction, ids: Int32Array, length: number): LossAndGradients {
  const scope = tf.engine();
  scope.startScope('gradientsOf');
  try {
    const labels = shiftLabels(ids, length, model.config.pad_token_id);
    const input = tf.tensor2d(ids, [ids.length / length, length], 'int32');
    const targets = { ids: tf.tensor1d(labels.ids, 'int32'), weights: tf.tensor1d(labels.weights) };
    const over = { tokens: labels.counted, sequences: ids.length / length, positions: length };
    let terms: Float32Array = new Float32Array(0);
    const variables: Variable[] = [...model.parameters.values()];
    const { value, grads } = tf.variableGrads(() => {
      const logits = tf.reshape(model.logits(input), [ids.length, -1]) as Tensor2D;
      const all: Tensor = loss(logits, input, targets, over);
      terms = all.dataSync() as Float32Array;
      return tf.reshape(tf.slice(all, 0, 1), []);
    }, variables);
    const gradients = new Map([...model.parameters].map(([name, variable]) => [name, grads[variable.name]!.dataSync() as Float32Array]));
    return { loss: value.dataSync()[0]!, terms, gradients };
  } finally {
    scope.endScope();
  }
}
