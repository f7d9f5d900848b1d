/** Ops with a hand-written backward pass. */
import { tf, type Tensor } from './tf.ts';

/**
 * Runs `forward` on the inputs; when a gradient is asked for, `backward` gets the gradient of the result and what `forward` saved, and
 * returns one gradient per input. Only what is saved stays in memory between the two.
 */
export function withGradient<R extends Tensor, I extends Tensor[], S extends Tensor[]>(
  inputs: [...I],
  forward: (...inputs: I) => { value: R; saved: [...S] },
  backward: (dy: R, saved: S) => Tensor[],
): R {
  // tfjs calls the function with the inputs and, last, the function that saves.
  const op = tf.customGrad((...given: unknown[]) => {
    const save = given.pop() as (tensors: Tensor[]) => void;
    const { value, saved } = forward(...(given as I));
    save(saved);
    return { value, gradFunc: (dy: Tensor, kept: Tensor[]) => backward(dy as R, kept as S) };
  });
  return op(...inputs) as R;
}
