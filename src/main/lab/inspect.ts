/** How a model reads a text: what it expected at each position, and where it looked. Shapes: T tokens, the start token included; V vocabulary. */
import type { LanguageModel } from '../models/languageModel.ts';
import { tf, type Tensor2D, type Tensor4D } from '../tensorflow/tf.ts';

export interface Inspection {
  /** log p(token t | all before it) in nats, for t = 1 ... T-1. */
  logprobs: number[];
  /** How many tokens were likelier, plus 1, for the same t. */
  ranks: number[];
  /** The likeliest tokens after each position, T lists, likeliest first. */
  expected: { id: number; probability: number }[][];
  /** Per layer, weights [A, T, T]; empty unless asked for. */
  attention: { shape: number[]; values: Float32Array }[];
}

/** @param ids the start token and the text's; at most the model's positions, within its vocabulary */
export function inspectIds(model: LanguageModel, ids: readonly number[], { choices, attention }: { choices: number; attention: boolean }): Inspection {
  const length = ids.length;
  const tensors = tf.tidy(() => {
    const maps: Tensor4D[] = [];
    const logits = model.logits(tf.tensor2d([...ids], [1, length], 'int32'), attention ? { onAttention: (layer, weights) => (maps[layer] = weights) } : {});
    const logprobs = tf.logSoftmax(tf.reshape(logits, [length, -1]) as Tensor2D); // (T, V)
    // The last position predicts what is not there; it is given any target and left out below.
    const targets = tf.tensor2d([...ids.slice(1), 0].flatMap((id, t) => [t, id]), [length, 2], 'int32');
    const chosen = tf.gatherND(logprobs, targets); // (T)
    const likelier = tf.sum(tf.cast(tf.greater(logprobs, tf.reshape(chosen, [length, 1])), 'int32'), 1); // (T)
    const { values, indices } = tf.topk(logprobs, Math.min(choices, model.config.vocab_size)); // (T, choices)
    return { chosen, likelier, values, indices, maps };
  });
  const read = {
    chosen: tensors.chosen.dataSync(), likelier: tensors.likelier.dataSync(), values: tensors.values.dataSync(), indices: tensors.indices.dataSync(),
    maps: tensors.maps.map((map) => ({ shape: map.shape.slice(1), values: map.dataSync() as Float32Array })),
  };
  tf.dispose([tensors.chosen, tensors.likelier, tensors.values, tensors.indices, ...tensors.maps]);
  const width = read.values.length / length;
  return {
    logprobs: Array.from(read.chosen).slice(0, -1),
    ranks: Array.from(read.likelier, (count) => count + 1).slice(0, -1),
    expected: ids.map((_, t) => Array.from({ length: width }, (__, i) => ({ id: read.indices[t * width + i]!, probability: Math.exp(read.values[t * width + i]!) }))),
    attention: read.maps,
  };
}
