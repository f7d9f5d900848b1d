/**
 * Dynamic loss scaling for float16 (Micikevicius et al. 2018), as PyTorch's GradScaler does it: gradients smaller than float16 can hold
 * are lost, so the loss is multiplied by a large number before it is differentiated. A step whose gradients overflow is skipped and the
 * number halved; after many good steps it is doubled. Other precisions need none.
 */
import { CriaError } from '../../shared/errors.ts';
import { select } from '../tensorflow/ops.ts';
import type { Program } from '../tensorflow/program.ts';
import { tf, type Scalar, type Tensor, type Variable } from '../tensorflow/tf.ts';

const INITIAL = 65_536;
const GROWTH_INTERVAL = 2000;
/** Below it, scaling cannot be what is wrong. */
const SMALLEST = 1;

export class LossScale {
  readonly #program: Program;
  /** [2]: the scale, and the good steps since it last changed; null: no scaling. */
  readonly #state: Variable | null;

  constructor(program: Program) {
    this.#program = program;
    this.#state = program.precision === 'float16' ? program.variable([2], () => Float32Array.of(INITIAL, 0)) : null;
  }

  state(): [string, Variable][] {
    return this.#state ? [['loss_scale', this.#state]] : [];
  }

  /** The scale, float32 []. */
  value(): Scalar {
    return this.#state ? (tf.reshape(tf.slice(this.#state as Tensor, 0, 1), []) as Scalar) : tf.scalar(1);
  }

  /** The loss to differentiate. */
  apply(loss: Scalar): Scalar {
    return this.#state ? tf.mul<Scalar>(loss, this.value()) : loss;
  }

  /** Once per step: halves the scale when the gradients were not finite, doubles it after many steps that were. */
  adapt(finite: Tensor): void {
    if (!this.#state) return;
    const scale = this.value();
    const good = tf.add(tf.slice(this.#state as Tensor, 1, 1).reshape([]), 1);
    const grows = tf.greaterEqual(good, GROWTH_INTERVAL);
    const nextScale = select(finite, select(grows, tf.mul(scale, 2), scale), tf.mul(scale, 0.5));
    const nextGood = select(tf.logicalAnd(finite, tf.logicalNot(grows)), good, tf.scalar(0));
    this.#state.assign(tf.stack([nextScale, nextGood]));
  }

  /**
   * What a step means whose gradients were not finite: with scaling, that the scale was too large, and the step was skipped.
   * @throws CriaError `non-finite`
   */
  refuse(step: number, loss: number, gradientNorm: number): void {
    if (this.#state && Number.isFinite(loss) && this.#program.read(this.#state)[0]! >= SMALLEST) return;
    const what = Number.isFinite(loss) ? `gradient norm (${gradientNorm})` : `loss (${loss})`;
    throw new CriaError('non-finite', `The ${what} of step ${step} is not finite; the weights before it are kept.`,
      'Lower training.lr, lengthen training.warmup_steps, or lower training.max_grad_norm.');
  }
}
