/** Adam's update by the one kernel that TensorFlow has for it: it changes parameter and moments in place, in one pass over memory. */
import type { Tensor, Variable } from '../tf.ts';
import { DType } from './graph.ts';
import type { Recorder } from './recorder.ts';

export interface AdamUpdate {
  parameter: Variable;
  m: Variable;
  v: Variable;
  gradient: Tensor;
  /** Multiplies the parameter before the update; null: nothing. */
  decay: Tensor | null;
  /** Scalars of the update m += (1 - beta1)(g - m), v += (1 - beta2)(g^2 - v), parameter -= rate * m / (sqrt(v) + epsilon). */
  rate: Tensor;
  beta1: Tensor;
  beta2: Tensor;
  epsilon: Tensor;
}

export function recordAdam(recorder: Recorder, { parameter, m, v, gradient, decay, rate, beta1, beta2, epsilon }: AdamUpdate): void {
  const [own, first, second] = [parameter, m, v].map((variable) => recorder.variableOf(variable)!) as [VariableOf, VariableOf, VariableOf];
  const type = { T: { type: DType.float32 } };
  if (decay) {
    const [decayed] = recorder.add('Mul', [recorder.outputOf(parameter), recorder.outputOf(decay)], type);
    recorder.assign(own, decayed!);
  }
  // The kernel divides by 1 - beta^t itself when told beta^t; here the rate carries that already.
  const uncorrected = recorder.constant(DType.float32, [], new Float32Array(1));
  const scalars = [rate, beta1, beta2, epsilon].map((scalar) => recorder.outputOf(scalar));
  recorder.change(own, 'ResourceApplyAdam', [own.handle, first.handle, second.handle, uncorrected, uncorrected, ...scalars, recorder.outputOf(gradient)], {
    ...type, use_locking: { b: false }, use_nesterov: { b: false },
  });
}

type VariableOf = NonNullable<ReturnType<Recorder['variableOf']>>;
