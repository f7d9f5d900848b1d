/** Where variables come from: plain ones of tfjs, or those of a compiled program (compile/program.ts), which has the same signature. */
import { tf, type Variable } from './tf.ts';

/**
 * Makes a float32 variable.
 * @param initial its first values, row by row; absent: zeros
 */
export type MakeVariable = (name: string, shape: readonly number[], initial?: () => Float32Array) => Variable;

/** A variable for running op by op. The name is for the caller alone: tfjs gives its own. */
export const eagerVariable: MakeVariable = (_name, shape, initial) => {
  const values = initial ? tf.tensor(initial(), [...shape], 'float32') : tf.zeros([...shape]);
  const variable = tf.variable(values, true, undefined, 'float32');
  values.dispose();
  return variable;
};
