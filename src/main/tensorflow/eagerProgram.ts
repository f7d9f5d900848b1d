/** A program whose functions run op by op: the reference that compiled ones are held against. */
import { dtypeOf, type InputValue, type OutputValue, type Program, type ProgramFunction } from './program.ts';
import { tf, type Tensor, type Variable } from './tf.ts';

export class EagerProgram implements Program {
  readonly compiled = false;
  readonly precision = 'float32';
  readonly #variables = new Set<Variable>();

  variable(shape: readonly number[], initial?: () => Float32Array): Variable {
    const values = initial ? tf.tensor(initial(), [...shape], 'float32') : tf.zeros([...shape]);
    const variable = tf.variable(values, true);
    values.dispose();
    this.#variables.add(variable);
    return variable;
  }

  function<I extends string, O extends string>(_name: string, body: (inputs: Record<I, Tensor>) => Record<O, Tensor>): ProgramFunction<I, O> {
    return {
      run: (inputs) => {
        const results = tf.tidy(() => body(mapValues<I, InputValue, Tensor>(inputs, ({ values, shape }) => tf.tensor(values, [...shape], dtypeOf(values)))));
        try {
          return mapValues<O, Tensor, OutputValue>(results, (tensor) => tensor.dataSync() as OutputValue);
        } finally {
          tf.dispose(results);
        }
      },
      prepare: () => {}, // There is nothing to prepare: a function may only be run with tensors.
    };
  }

  read(variable: Variable): Float32Array {
    return variable.dataSync() as Float32Array;
  }

  write(variable: Variable, values: Float32Array | (() => Float32Array)): void {
    const tensor = tf.tensor(typeof values === 'function' ? values() : values, variable.shape, 'float32');
    variable.assign(tensor);
    tensor.dispose();
  }

  dispose(): void {
    for (const variable of this.#variables) variable.dispose();
    this.#variables.clear();
  }
}

function mapValues<K extends string, A, B>(record: Record<K, A>, map: (value: A) => B): Record<K, B> {
  return Object.fromEntries(Object.entries<A>(record).map(([key, value]) => [key, map(value)])) as Record<K, B>;
}
