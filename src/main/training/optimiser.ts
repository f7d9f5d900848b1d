/** AdamW (Loshchilov and Hutter 2019) as PyTorch computes it, with gradient clipping by the global norm. */
import { eagerVariable, type MakeVariable } from '../tensorflow/variables.ts';
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

export class AdamW {
  readonly #parameters: ReadonlyMap<string, Variable>;
  readonly #options: OptimiserOptions;
  /** First and second moments by parameter name. */
  readonly #moments = new Map<string, { m: Variable; v: Variable }>();

  /** @param make where the moments' variables come from */
  constructor(parameters: ReadonlyMap<string, Variable>, options: OptimiserOptions, make: MakeVariable = eagerVariable) {
    this.#parameters = parameters;
    this.#options = options;
    for (const [name, parameter] of parameters) {
      this.#moments.set(name, { m: make(`${name}.m`, parameter.shape), v: make(`${name}.v`, parameter.shape) });
    }
  }

  /**
   * One update.
   * @param gradients one per parameter, in their order
   * @param norm global norm of the gradients, on the host
   * @param step 1 for the first update
   */
  apply(gradients: readonly Tensor[], { norm, learningRate, step }: { norm: number; learningRate: number; step: number }): void {
    // PyTorch's clip_grad_norm_: the small constant keeps a zero norm from dividing by zero.
    const clip = Math.min(1, this.#options.maxGradNorm / (norm + 1e-6));
    const stepSize = learningRate / (1 - BETA_1 ** step);
    const correction = 1 / Math.sqrt(1 - BETA_2 ** step);
    let index = 0;
    for (const [name, parameter] of this.#parameters) {
      const raw = gradients[index++]!;
      const { m, v } = this.#moments.get(name)!;
      const decay = isDecayed(name) ? 1 - learningRate * this.#options.weightDecay : 1;
      tf.tidy(() => {
        const g = clip < 1 ? tf.mul(raw, clip) : raw;
        const nextM = tf.add(m, tf.mul(tf.sub(g, m), 1 - BETA_1));
        const nextV = tf.add(v, tf.mul(tf.sub(tf.square(g), v), 1 - BETA_2));
        const update = tf.div(nextM, tf.add(tf.mul(tf.sqrt(nextV), correction), EPSILON));
        const kept = decay === 1 ? parameter : tf.mul(parameter, decay);
        parameter.assign(tf.sub(kept, tf.mul(update, stepSize)));
        m.assign(nextM);
        v.assign(nextV);
      });
    }
  }

  /**
   * One update whose settings are tensors and that reads nothing back, so that it can be part of a recorded graph.
   * @param gradients one per parameter, in their order
   * @param step float32, 1 for the first update
   * @returns the gradients' global norm before clipping
   */
  update(gradients: readonly Tensor[], { learningRate, step }: { learningRate: Scalar; step: Scalar }): Scalar {
    const norm = globalNorm(gradients);
    tf.tidy(() => {
      const clip = tf.minimum(1, tf.div(this.#options.maxGradNorm, tf.add(norm, 1e-6)));
      // 1 - beta^step without cancellation: float32 would lose it near 1.
      const correction = (beta: number) => tf.neg(tf.expm1(tf.mul(step, Math.log(beta))));
      const stepSize = tf.div(learningRate, correction(BETA_1));
      const scale = tf.rsqrt(correction(BETA_2));
      const decay = tf.sub(1, tf.mul(learningRate, this.#options.weightDecay));
      let index = 0;
      for (const [name, parameter] of this.#parameters) {
        const raw = gradients[index++]!;
        const { m, v } = this.#moments.get(name)!;
        tf.tidy(() => {
          const g = tf.mul(raw, clip);
          const nextM = tf.add(m, tf.mul(tf.sub(g, m), 1 - BETA_1));
          const nextV = tf.add(v, tf.mul(tf.sub(tf.square(g), v), 1 - BETA_2));
          const update = tf.div(nextM, tf.add(tf.mul(tf.sqrt(nextV), scale), EPSILON));
          const kept = this.#options.weightDecay !== 0 && isDecayed(name) ? tf.mul(parameter, decay) : parameter;
          parameter.assign(tf.sub(kept, tf.mul(update, stepSize)));
          m.assign(nextM);
          v.assign(nextV);
        });
      }
    });
    return norm;
  }

  /** The moments under the names that checkpoints use: `<parameter>.m`, `<parameter>.v`. */
  state(): Map<string, Variable> {
    const state = new Map<string, Variable>();
    for (const [name, { m, v }] of this.#moments) state.set(`${name}.m`, m).set(`${name}.v`, v);
    return state;
  }

  dispose(): void {
    for (const { m, v } of this.#moments.values()) tf.dispose([m, v]);
  }
}
