/** TensorFlow ops that tfjs has no name for, or only in a form that costs more. */
import { withGradient } from './gradient.ts';
import { backend, tf, type OpAttribute, type Tensor, type Tensor1D, type Tensor2D } from './tf.ts';

const { binding } = backend;

function typeAttribute(name: string, dtype: 'float32' | 'int32' | 'bool'): OpAttribute {
  const value = { float32: binding.TF_FLOAT, int32: binding.TF_INT32, bool: binding.TF_BOOL }[dtype]!;
  return { name, type: binding.TF_ATTR_TYPE!, value };
}

const dtypeOf = (tensor: Tensor) => tensor.dtype as 'float32' | 'int32' | 'bool';

/** An op whose one type attribute is that of its inputs. */
function simple(op: string, ...inputs: Tensor[]): Tensor {
  return backend.executeSingleOutput(op, [typeAttribute('T', dtypeOf(inputs[0]!))], inputs);
}

/**
 * Rows of a table [V, H] for ids int32 [N] -> [N, H]. Unlike tf.gather it does not read the ids back to check them; TensorFlow's kernel
 * refuses an id outside of the table on the CPU, and yields zeros for it on a GPU.
 */
export function gatherRows(table: Tensor2D, ids: Tensor1D): Tensor2D {
  return withGradient(
    [table as Tensor],
    (rows) => {
      const attributes = [
        typeAttribute('Tparams', 'float32'), typeAttribute('Tindices', 'int32'), typeAttribute('Taxis', 'int32'),
        { name: 'batch_dims', type: binding.TF_ATTR_INT!, value: 0 },
      ];
      return { value: backend.executeSingleOutput('GatherV2', attributes, [rows, ids, tf.scalar(0, 'int32')]) as Tensor2D, saved: [ids as Tensor] };
    },
    (dy, [kept]) => {
      const attributes = [typeAttribute('T', 'float32'), typeAttribute('Tindices', 'int32'), typeAttribute('Tnumsegments', 'int32')];
      return [backend.executeSingleOutput('UnsortedSegmentSum', attributes, [dy, kept, tf.scalar(table.shape[0], 'int32')])];
    },
  );
}

/** log softmax over the last axis of logits [N, V], in one op. tfjs's own takes four. Without a gradient. */
export function logSoftmax(logits: Tensor2D): Tensor2D {
  return simple('LogSoftmax', logits) as Tensor2D;
}

/** `a` where the condition holds, else `b`; all three are broadcast, where tf.where tiles them first. Without a gradient. */
export function select<T extends Tensor>(condition: Tensor, a: Tensor, b: Tensor): T {
  return backend.executeSingleOutput('SelectV2', [typeAttribute('T', dtypeOf(a))], [condition, a, b]) as T;
}

/** x * y, but 0 wherever y is 0, whatever x is. */
export function multiplyNoNan<T extends Tensor>(x: T, y: Tensor): T {
  return simple('MulNoNan', x, y) as T;
}

/** bool, true where x is neither infinite nor NaN. */
export function isFinite(x: Tensor): Tensor {
  return simple('IsFinite', x);
}

/**
 * -log softmax(logits)[target] and its gradient softmax(logits) - onehot(target), by one op and without a one-hot.
 * @param logits float32 [N, V]
 * @param targets int32 [N], each in 0..V-1
 */
export function sparseCrossEntropy(logits: Tensor2D, targets: Tensor1D): { nll: Tensor1D; slope: Tensor2D } {
  const [nll, slope] = backend.executeMultipleOutputs('SparseSoftmaxCrossEntropyWithLogits', [typeAttribute('T', 'float32'), typeAttribute('Tlabels', 'int32')], [logits, targets], 2);
  return { nll: nll as Tensor1D, slope: slope as Tensor2D };
}

/** float32 in [0, 1) of that shape, a function of the seed int32 [2] alone. */
export function statelessUniform(shape: number[], seed: Tensor): Tensor {
  const attributes = [typeAttribute('dtype', 'float32'), typeAttribute('T', 'int32'), typeAttribute('Tseed', 'int32')];
  return backend.executeSingleOutput('StatelessRandomUniform', attributes, [tf.tensor1d(shape, 'int32'), seed]);
}
