/** AdamW (Loshchilov and Hutter 2019) as PyTorch computes it, with gradient clipping by the global norm. */
import { recordAdam } from '../tensorflow/compile/adam.ts';
import { recording } from '../tensorflow/compile/recorder.ts';
import { multiplyNoNan, select } from '../tensorflow/ops.ts';
import type { InputValue, Program } from '../tensorflow/program.ts';
import { tf, type Scalar, type Tensor, type Variable } from '../tensorflow/tf.ts';

const BETA_1 = 0.9;
const BETA_2 = 0.999;
const EPSILON = 1e-8;

/** transformers' rule for what weight decay leaves alone: biases and the weights of norms. Embeddings and head are decayed. */
const NOT_DECAYED = /bias|layernorm|rmsnorm|(^|\.)norm($|\.)|_norm($|\.)|(^|\.)ln_(\d+|f)($|\.)/i;

export function isDecayed(parameterName: string): boolean {
  return !NOT_DECAYED.test(parameterName);
}

export interface OptimiserOptions {
  weightDecay: number;
  /** Global L2 norm that gradients are clipped to. */
  maxGradNorm: number;
}

/** Square root of the sum of squares over all gradients: a scalar on the device. */
export function globalNorm(gradients: readonly Tensor[]): Scalar {
  return tf.tidy(() => tf.sqrt(tf.addN(gradients.map((gradient) => tf.sum(tf.square(gradient))))));
}

/** What of an update changes from step to step, as inputs of the function that makes it. */
export type UpdateInputs = 'stepSize' | 'correction' | 'decay';

export interface Gradients {
  /** One per parameter, in their order. */
  values: readonly Tensor[];
  /** Their global norm, float32 []. */
  norm: Tensor;
  /** bool []; false: nothing is changed. */
  usable: Tensor;
  /** The gradients are so many times too large, float32 []. */
  scale: Tensor;
}

export class AdamW {
  readonly #parameters: ReadonlyMap<string, Variable>;
  readonly #options: OptimiserOptions;
  /** First and second moments by parameter name. */
  readonly #moments = new Map<string, { m: Variable; v: Variable }>();

  constructor(program: Program, parameters: ReadonlyMap<string, Variable>, options: OptimiserOptions) {
    this.#parameters = parameters;
    this.#options = options;
    for (const [name, { shape }] of parameters) this.#moments.set(name, { m: program.variable(shape), v: program.variable(shape) });
  }

  /** @param step 1 for the first update */
  inputs(learningRate: number, step: number): Record<UpdateInputs, InputValue> {
    const scalar = (value: number): InputValue => ({ shape: [], values: Float32Array.of(value) });
    return {
      stepSize: scalar(learningRate / (1 - BETA_1 ** step)),
      correction: scalar(1 / Math.sqrt(1 - BETA_2 ** step)),
      decay: scalar(1 - learningRate * this.#options.weightDecay),
    };
  }

  /** One update; part of a program's function. */
  update({ values, norm, usable, scale }: Gradients, inputs: Record<UpdateInputs, Tensor>): void {
    const ifUsable = (value: Tensor, otherwise: number) => select(usable, value, tf.scalar(otherwise));
    // PyTorch's clip_grad_norm_: the small constant keeps a zero norm from dividing by zero.
    const clip = ifUsable(tf.div(tf.minimum(1, tf.div(this.#options.maxGradNorm, tf.add(norm, 1e-6))), scale), 0);
    const stepSize = ifUsable(inputs.stepSize, 0);
    const decay = ifUsable(inputs.decay, 1);
    const [gain1, gain2] = [ifUsable(tf.scalar(1 - BETA_1), 0), ifUsable(tf.scalar(1 - BETA_2), 0)];
    const recorder = recording();
    const inPlace = recorder && {
      rate: tf.div(stepSize, inputs.correction), epsilon: tf.div(EPSILON, inputs.correction), beta1: ifUsable(tf.scalar(BETA_1), 1), beta2: ifUsable(tf.scalar(BETA_2), 1),
    };
    let index = 0;
    for (const [name, parameter] of this.#parameters) {
      const { m, v } = this.#moments.get(name)!;
      const raw = values[index++]!;
      const decays = this.#options.weightDecay !== 0 && isDecayed(name);
      tf.tidy(() => {
        // A factor of 0 has to win over gradients that are not finite.
        const gradient = multiplyNoNan(raw, clip);
        if (inPlace) return recordAdam(recorder, { parameter, m, v, gradient, decay: decays ? decay : null, ...inPlace });
        const nextM = tf.add(m, tf.mul(tf.sub(gradient, m), gain1));
        const nextV = tf.add(v, tf.mul(tf.sub(tf.square(gradient), v), gain2));
        const change = tf.div(nextM, tf.add(tf.mul(tf.sqrt(nextV), inputs.correction), EPSILON));
        parameter.assign(tf.sub(decays ? tf.mul(parameter, decay) : parameter, tf.mul(change, stepSize)));
        m.assign(nextM);
        v.assign(nextV);
      });
    }
  }

  /** The moments under the names that checkpoints use: `<parameter>.m`, `<parameter>.v`. */
  state(): Map<string, Variable> {
    const state = new Map<string, Variable>();
    for (const [name, { m, v }] of this.#moments) state.set(`${name}.m`, m).set(`${name}.v`, v);
    return state;
  }
}
