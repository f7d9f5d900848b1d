/**
 * Dropout whose masks follow from a fed seed alone (TensorFlow's stateless random ops), so that a resumed run draws the same ones and a
 * recorded step can be replayed with another seed.
 */
import { withGradient } from '../tensorflow/gradient.ts';
import { statelessUniform } from '../tensorflow/ops.ts';
import { tf, type Tensor } from '../tensorflow/tf.ts';

/** One forward pass's dropout. Each use takes the next site number, so every place in the model has a mask of its own. */
export class Dropout {
  readonly #seed: Tensor | undefined;
  #site = 0;

  /** @param seed int32 [2]; undefined: nothing is dropped */
  constructor(seed: Tensor | undefined) {
    this.#seed = seed;
  }

  /** Zeroes each element with probability `rate` and scales the rest by 1 / (1 - rate). */
  apply<T extends Tensor>(x: T, rate: number): T {
    if (!this.#seed || rate === 0) return x;
    const seed = tf.add(this.#seed, tf.tensor1d([0, this.#site++], 'int32'));
    const keep = 1 - rate;
    return withGradient(
      [x as Tensor],
      (input) => {
        const mask = tf.mul(tf.cast(tf.less(statelessUniform(input.shape, seed), keep), 'float32'), 1 / keep);
        return { value: tf.mul(input, mask), saved: [mask] };
      },
      (dy, [mask]) => [tf.mul(dy, mask)],
    ) as T;
  }
}
