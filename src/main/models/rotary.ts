/** Rotary position embedding (Su et al. 2021) in the two layouts that the architectures use. */
import { withGradient } from '../tensorflow/gradient.ts';
import { gatherRows } from '../tensorflow/ops.ts';
import { tf, type Tensor, type Tensor1D, type Tensor2D, type Tensor4D } from '../tensorflow/tf.ts';

/** Both [T, D], or [B, 1, T, D] where rows differ in what stands where. */
export interface RotaryTables extends Record<string, Tensor> {
  cos: Tensor;
  /** Negative where the partner is subtracted. */
  sin: Tensor;
}

/** `half`: dimension i is paired with i + D/2 (Llama); `interleaved`: 2i with 2i + 1 (GPT-J). */
export type RotaryLayout = 'half' | 'interleaved';

/**
 * Angles position * theta^(-2i/D), computed in float64.
 * @param scale multiplies both tables: rotating the queries scales them by 1/sqrt(D) at no cost
 */
export function rotaryTables(length: number, size: number, theta: number, layout: RotaryLayout, scale = 1): RotaryTables {
  const half = size / 2;
  const cos = new Float32Array(length * size);
  const sin = new Float32Array(length * size);
  for (let position = 0; position < length; position++) {
    for (let i = 0; i < half; i++) {
      // Frequencies and angles are rounded to float32 as the reference computes them; that matters at far positions.
      const angle = Math.fround(position * Math.fround(1 / Math.fround(theta ** (2 * i / size))));
      const [first, second] = layout === 'half' ? [i, i + half] : [2 * i, 2 * i + 1];
      const row = position * size;
      cos[row + first] = cos[row + second] = Math.fround(Math.cos(angle)) * scale;
      sin[row + second] = Math.fround(Math.sin(angle)) * scale;
      sin[row + first] = -sin[row + second]!;
    }
  }
  return { cos: tf.tensor2d(cos, [length, size]), sin: tf.tensor2d(sin, [length, size]) };
}

/** Tables [B, 1, T, D] of tokens at the given positions, int32 [B * T], from tables of all positions. */
export function tablesAt({ cos, sin }: RotaryTables, positions: Tensor1D, batch: number): RotaryTables {
  const pick = (table: Tensor) => tf.reshape(gatherRows(table as Tensor2D, positions), [batch, 1, positions.size / batch, table.shape[1]!]);
  return { cos: pick(cos), sin: pick(sin) };
}

/** Each dimension's partner in its place: [x2, x1] by halves, or neighbours swapped. */
function swapPartners(x: Tensor4D, layout: RotaryLayout): Tensor4D {
  const [batch, heads, length, size] = x.shape;
  const shape = layout === 'half' ? [batch, heads, length, 2, size / 2] : [batch, heads, length, size / 2, 2];
  return tf.reshape(tf.reverse(tf.reshape(x, shape), layout === 'half' ? 3 : 4), x.shape);
}

/** Rotates x [B, A, T, D] by its positions: x * cos + partners * sin. The backward pass is the rotation by the opposite angle. */
export function rotate(x: Tensor4D, { cos, sin }: RotaryTables, layout: RotaryLayout): Tensor4D {
  return withGradient(
    [x],
    (input) => ({ value: tf.add<Tensor4D>(tf.mul(input, cos), tf.mul(swapPartners(input, layout), sin)), saved: [] }),
    (dy) => [tf.sub(tf.mul(dy, cos), tf.mul(swapPartners(dy, layout), sin))],
  );
}
