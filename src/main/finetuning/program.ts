/** Running functions of tensors: values of the host in, values out. */
import { tf, type Tensor } from '../tensorflow/tf.ts';

/** An input's values, row by row, and its shape. */
export interface HostTensor {
  values: Int32Array | Float32Array;
  shape: number[];
}

/** A function of tensors made ready to be run again and again. */
export interface Program {
  run(inputs: Record<string, HostTensor>): Float32Array;
  dispose(): void;
}

/**
 * Makes a function of tensors ready to run, op by op. The one place where running it as a recorded graph would be put in.
 * @param step pure but for the variables that it assigns; called with the inputs as tensors
 */
export function prepare<I>(step: (inputs: I) => Tensor): Program {
  return {
    run(inputs) {
      const output = tf.tidy(() => {
        const tensors = Object.entries(inputs).map(([name, { values, shape }]) => [name, tf.tensor(values, shape, values instanceof Int32Array ? 'int32' : 'float32')]);
        return step(Object.fromEntries(tensors) as I);
      });
      const values = output.dataSync() as Float32Array;
      output.dispose();
      return values;
    },
    dispose() {},
  };
}
