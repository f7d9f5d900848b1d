/** A model's loss and gradients on one batch, read back for comparison. */
import type { LanguageModel } from '../../src/main/models/languageModel.ts';
import { tf, type Scalar, type Tensor, type Tensor1D, type Tensor2D, type Variable } from '../../src/main/tensorflow/tf.ts';
import { shiftLabels } from '../../src/main/training/loss.ts';
import type { LossFunction } from '../../src/main/training/step.ts';

export interface LossAndGradients {
  loss: number;
  /** Loss, cross-entropy, KL. */
  terms: Float32Array;
  gradients: Map<string, Float32Array>;
}

export function gradientsOf(model: LanguageModel, loss: LossFunction, ids: Int32Array, length: number): LossAndGradients {
  const labels = shiftLabels(ids, length, model.config.pad_token_id);
  const sequences = ids.length / length;
  const names = [...model.parameters.keys()];
  const variables: Variable[] = [...model.parameters.values()];
  const measure = model.program.function('gradients', (inputs: Record<'ids' | 'labels' | 'weights' | 'tokens' | 'sequences', Tensor>): Record<string, Tensor> => {
    let terms: Tensor | undefined;
    const { grads } = tf.variableGrads(() => {
      const logits = tf.reshape(model.logits(inputs.ids as Tensor2D), [ids.length, -1]) as Tensor2D;
      const over = { tokens: inputs.tokens as Scalar, sequences: inputs.sequences as Scalar, positions: length };
      terms = tf.keep(loss(logits, inputs.ids as Tensor2D, { ids: inputs.labels as Tensor1D, weights: inputs.weights as Tensor1D }, over));
      return tf.reshape(tf.slice(terms, 0, 1), []) as Scalar;
    }, variables);
    const kept = tf.clone(terms!);
    terms!.dispose();
    return { terms: kept, ...Object.fromEntries(names.map((name, i) => [name, grads[variables[i]!.name]!])) };
  });
  const { terms, ...gradients } = measure.run({
    ids: { shape: [sequences, length], values: ids },
    labels: { shape: [ids.length], values: labels.ids },
    weights: { shape: [ids.length], values: labels.weights },
    tokens: { shape: [], values: Float32Array.of(labels.counted) },
    sequences: { shape: [], values: Float32Array.of(sequences) },
  }) as Record<string, Float32Array> & { terms: Float32Array };
  return { loss: terms[0]!, terms, gradients: new Map(Object.entries(gradients)) };
}
