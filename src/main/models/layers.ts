/**
 * Layers that the architectures share. Each non-trivial one has its backward pass written by hand: tfjs would otherwise record every
 * small op and keep every intermediate value, and a training step of a small model is mostly overhead per op.
 * Shapes in comments: B sequences, T positions, N = B*T, H hidden size, A heads, D head size, F feed-forward width.
 */
import { withGradient } from '../tensorflow/gradient.ts';
import { gatherRows, select } from '../tensorflow/ops.ts';
import { tf, type Tensor, type Tensor1D, type Tensor2D, type Tensor4D, type Variable } from '../tensorflow/tf.ts';

/** Hugging Face's Linear: x [N, in], weight [out, in], bias [out] -> [N, out]. */
export function linear(x: Tensor2D, weight: Variable, bias?: Variable): Tensor2D {
  const y = tf.matMul(x, weight as Tensor as Tensor2D, false, true);
  return (bias ? tf.add(y, bias) : y) as Tensor2D;
}

/** Hugging Face's Conv1D (GPT-2): x [N, in], weight [in, out], bias [out] -> [N, out]. */
export function conv1d(x: Tensor2D, weight: Variable, bias: Variable): Tensor2D {
  return tf.add<Tensor2D>(tf.matMul(x, weight as Tensor as Tensor2D), bias);
}

/** Rows of an embedding table [V, H] for ids int32 [N] -> [N, H]. */
export function embed(table: Variable, ids: Tensor1D): Tensor2D {
  return gatherRows(table as Tensor as Tensor2D, ids);
}

/** Root mean square norm (Zhang and Sennrich 2019): x / sqrt(mean(x^2) + eps) * weight over the last axis of x [N, H]. */
export function rmsNorm(x: Tensor2D, weight: Variable, epsilon: number): Tensor2D {
  return withGradient(
    [x, weight as Tensor],
    (h, w) => {
      const r = tf.rsqrt(tf.add(tf.mean(tf.square(h), 1, true), epsilon)); // (N, 1)
      const xhat = tf.mul<Tensor2D>(h, r);
      return { value: tf.mul<Tensor2D>(xhat, w), saved: [xhat, r, w] };
    },
    (dy, [xhat, r, w]) => {
      const dxhat = tf.mul(dy, w);
      const projection = tf.mean(tf.mul(dxhat, xhat), 1, true); // (N, 1)
      return [tf.mul(tf.sub(dxhat, tf.mul(xhat, projection)), r), tf.sum(tf.mul(dy, xhat), 0)];
    },
  );
}

/** Layer norm (Ba et al. 2016) over the last axis of x [N, H], with weight and bias [H]. */
export function layerNorm(x: Tensor2D, weight: Variable, bias: Variable, epsilon: number): Tensor2D {
  return withGradient(
    [x, weight as Tensor, bias as Tensor],
    (h, w, b) => {
      const centred = tf.sub<Tensor2D>(h, tf.mean(h, 1, true));
      const r = tf.rsqrt(tf.add(tf.mean(tf.square(centred), 1, true), epsilon)); // (N, 1)
      const xhat = tf.mul<Tensor2D>(centred, r);
      return { value: tf.add<Tensor2D>(tf.mul(xhat, w), b), saved: [xhat, r, w] };
    },
    (dy, [xhat, r, w]) => {
      const dxhat = tf.mul(dy, w);
      const mean = tf.mean(dxhat, 1, true); // (N, 1)
      const projection = tf.mean(tf.mul(dxhat, xhat), 1, true); // (N, 1)
      const dx = tf.mul(tf.sub(tf.sub(dxhat, mean), tf.mul(xhat, projection)), r);
      return [dx, tf.sum(tf.mul(dy, xhat), 0), tf.sum(dy, 0)];
    },
  );
}

/** SwiGLU's gate (Shazeer 2020): silu(gate) * up, both [N, F]. */
export function swiglu(gate: Tensor2D, up: Tensor2D): Tensor2D {
  return withGradient(
    [gate, up],
    (g, u) => {
      const sigmoid = tf.sigmoid(g);
      return { value: tf.mul<Tensor2D>(tf.mul(g, sigmoid), u), saved: [g, u, sigmoid] };
    },
    (dy, [g, u, sigmoid]) => {
      const silu = tf.mul(g, sigmoid);
      const slope = tf.add(sigmoid, tf.mul(silu, tf.sub(1, sigmoid))); // d silu / d g
      return [tf.mul(tf.mul(dy, u), slope), tf.mul(dy, silu)];
    },
  );
}

const GELU_SCALE = Math.sqrt(2 / Math.PI);
const GELU_CUBIC = 0.044715;

/** gelu_new: the tanh form of GELU that GPT-2 and GPT-J were trained with, x * (1 + tanh(sqrt(2/pi) (x + 0.044715 x^3))) / 2. */
export function geluNew(x: Tensor2D): Tensor2D {
  return withGradient(
    [x],
    (h) => {
      const inner = tf.mul(tf.mul(h, tf.add(tf.mul(tf.square(h), GELU_CUBIC), 1)), GELU_SCALE);
      const half = tf.mul<Tensor2D>(tf.add(tf.tanh(inner), 1), 0.5); // (1 + tanh) / 2
      return { value: tf.mul<Tensor2D>(h, half), saved: [h, half] };
    },
    (dy, [h, half]) => {
      // (1 - tanh^2) / 2 = 2 * half * (1 - half)
      const dInner = tf.add(tf.mul(tf.square(h), 6 * GELU_CUBIC * GELU_SCALE), 2 * GELU_SCALE); // twice d inner / d h
      const slope = tf.add(half, tf.mul(tf.mul(h, tf.mul(half, tf.sub(1, half))), dInner));
      return [tf.mul(dy, slope)];
    },
  );
}

/** Large enough to vanish in a softmax, small enough to stay finite in half precision's range after scaling. */
const MASKED = -1e9;

/** Softmax over the keys of scores [B, A, T, T], in which query t sees keys up to t; `visible` is bool [T, T]. */
function causalSoftmax(scores: Tensor4D, visible: Tensor): Tensor4D {
  return withGradient(
    [scores],
    (s) => {
      // A select, not an added mask: oneDNN fuses product, scaling and addition into a primitive that has only a slow reference kernel.
      const p = tf.softmax(select<Tensor4D>(visible, s, tf.scalar(MASKED)));
      return { value: p, saved: [p] };
    },
    (dy, [p]) => {
      const weighted = tf.mul(dy, p);
      return [tf.sub(weighted, tf.mul(p, tf.sum(weighted, -1, true)))];
    },
  );
}

/** [N, A*D] -> [B, A, T, D]. */
export function splitHeads(x: Tensor2D, batch: number, heads: number): Tensor4D {
  const [rows, width] = x.shape;
  return tf.transpose(tf.reshape(x, [batch, rows / batch, heads, width / heads]), [0, 2, 1, 3]);
}

/** [B, A, T, D] -> [N, A*D]. */
function mergeHeads(x: Tensor4D): Tensor2D {
  const [batch, heads, length, size] = x.shape;
  return tf.reshape(tf.transpose(x, [0, 2, 1, 3]), [batch * length, heads * size]);
}

/**
 * Causal attention of q, k, v [B, A, T, D]; q has been scaled by 1 / sqrt(D) already, where that costs least.
 * @param visible bool [T, T], true where the row's position sees the column's
 * @param dropWeights dropout on the attention weights
 * @returns [N, A*D]
 */
export function attend(q: Tensor4D, k: Tensor4D, v: Tensor4D, visible: Tensor, dropWeights = (weights: Tensor4D) => weights): Tensor2D {
  const scores = tf.matMul(q, k, false, true) as Tensor4D; // (B, A, T, T)
  const weights = dropWeights(causalSoftmax(scores, visible));
  return mergeHeads(tf.matMul(weights, v) as Tensor4D);
}
