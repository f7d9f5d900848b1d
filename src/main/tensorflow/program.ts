/**
 * Programs: functions of tfjs tensors over variables of their own. The same functions run op by op (EagerProgram) or, recorded once, as
 * TensorFlow graphs (compile/CompiledProgram); models, training and scoring are written once, against this interface.
 *
 *     const w = program.variable([4]);
 *     const step = program.function('step', ({ x }) => {
 *       const y = tf.sum(tf.mul(w, x));
 *       w.assign(tf.sub(w, x));
 *       return { y };
 *     });
 *     step.run({ x: { shape: [4], values: new Float32Array([1, 2, 3, 4]) } }).y; // Float32Array [0]
 *
 * Whatever changes from call to call has to be an input or a variable: when a function is recorded, numbers of JavaScript become constants.
 */
import type { Tensor, Variable } from './tf.ts';

export const PRECISIONS = ['float32', 'bfloat16', 'float16'] as const;
/**
 * What matrix products compute in. Variables, losses, norms and element-wise ops stay in float32, as under PyTorch's autocast. Only
 * compiled programs know the two halves.
 */
export type Precision = (typeof PRECISIONS)[number];

export interface InputValue {
  /** float32, int32 or bool by the array's type. */
  values: Float32Array | Int32Array | Uint8Array;
  shape: readonly number[];
}

export interface InputType {
  dtype: 'float32' | 'int32' | 'bool';
  shape: readonly number[];
}

/** What is to be known of inputs ahead of time. */
export function typesOf<I extends string>(inputs: Record<I, InputValue>): Record<I, InputType> {
  const entries = Object.entries<InputValue>(inputs).map(([name, { values, shape }]) => [name, { dtype: dtypeOf(values), shape }]);
  return Object.fromEntries(entries) as Record<I, InputType>;
}

export function dtypeOf(values: OutputValue): InputType['dtype'] {
  return values instanceof Float32Array ? 'float32' : values instanceof Int32Array ? 'int32' : 'bool';
}

export type OutputValue = Float32Array | Int32Array | Uint8Array;

export interface ProgramFunction<I extends string, O extends string> {
  /**
   * Runs the function. A compiled program records it first when it has not met these input shapes.
   * @returns the values of each output
   * @throws RecordingError when it cannot be recorded
   */
  run(inputs: Record<I, InputValue>): Record<O, OutputValue>;
  /** Records the function for inputs of these types ahead of time: all that is recorded before the first run is loaded in one go. */
  prepare(types: Record<I, InputType>): void;
}

export interface VariableOptions {
  /** Kept in the program's half precision, where it has one: for what is not trained. */
  half?: boolean;
}

export interface Program {
  readonly compiled: boolean;
  readonly precision: Precision;
  /**
   * A float32 variable. Use it in functions as any tfjs variable; `assign` in a function changes it when the function has run. Outside of
   * functions, see {@link read} and {@link write}.
   * @param initial its first values, asked for by the first run; absent: zeros
   */
  variable(shape: readonly number[], initial?: () => Float32Array, options?: VariableOptions): Variable;
  /**
   * A function of this program.
   * @param name tells errors and graphs which function it is
   * @param body returns tensors by name; the same names each time
   */
  function<I extends string, O extends string>(name: string, body: (inputs: Record<I, Tensor>) => Record<O, Tensor>): ProgramFunction<I, O>;
  /** A variable's values. */
  read(variable: Variable): Float32Array;
  /** Replaces a variable's values. @param values or what yields them: a compiled program may ask for them only at its next run */
  write(variable: Variable, values: Float32Array | (() => Float32Array)): void;
  /** Frees all variables and whatever runs the functions. */
  dispose(): void;
}
