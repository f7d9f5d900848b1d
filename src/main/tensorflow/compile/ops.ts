/**
 * What recording has to know of TensorFlow's ops: the type attributes that eager execution infers and a graph must state, and the shape
 * and type of each output. With it a function is recorded without computing anything.
 */
import { DType, type Attributes, type DTypeNumber, type Output } from './graph.ts';

/** What is known of an output before it is computed. */
export interface OutputType {
  dtype: DTypeNumber;
  shape: readonly number[];
}

export interface OpRule {
  /** Type attributes by the index of the input that decides them. */
  types?: Record<string, number>;
  outputs: (inputs: readonly Output[], attributes: Attributes) => OutputType[];
}

/** Broadcasting of shapes as NumPy does it. */
export function broadcast(...shapes: (readonly number[])[]): number[] {
  const rank = Math.max(...shapes.map((shape) => shape.length));
  return Array.from({ length: rank }, (_, axis) => {
    const sizes = shapes.map((shape) => shape[shape.length - rank + axis] ?? 1).filter((size) => size !== 1);
    const [size = 1] = sizes;
    if (sizes.some((other) => other !== size)) throw new RangeError(`shapes ${shapes.map((shape) => `[${shape.join(', ')}]`).join(' and ')} do not fit together`);
    return size;
  });
}

/** Values of an input that has to be a constant: shapes, axes, permutations. */
function constant({ values, node }: Output): number[] {
  if (!values) throw new RangeError(`its result's shape depends on data (${node.name} is not a constant)`);
  return [...values];
}

const at = (axis: number, rank: number): number => (axis < 0 ? axis + rank : axis);
const flag = (attributes: Attributes, name: string): boolean => {
  const attribute = attributes[name];
  return attribute !== undefined && 'b' in attribute && attribute.b;
};
const count = (attributes: Attributes, name: string): number => (attributes[name] as { i: number }).i;
const type = (attributes: Attributes, name: string): DTypeNumber => (attributes[name] as { type: DTypeNumber }).type;

/** One output of the first input's type. */
const like = (shape: (inputs: readonly Output[], attributes: Attributes) => readonly number[]): OpRule['outputs'] =>
  (inputs, attributes) => [{ dtype: inputs[0]!.dtype, shape: shape(inputs, attributes) }];

const unary: OpRule = { types: { T: 0 }, outputs: like(([x]) => x!.shape) };
const binary: OpRule = { types: { T: 0 }, outputs: like(([a, b]) => broadcast(a!.shape, b!.shape)) };
const comparison: OpRule = { types: { T: 0 }, outputs: ([a, b]) => [{ dtype: DType.bool, shape: broadcast(a!.shape, b!.shape) }] };
const logical: OpRule = { outputs: comparison.outputs };

const reduction: OpRule = {
  types: { T: 0, Tidx: 1 },
  outputs: like(([x, axes], attributes) => {
    const gone = new Set(constant(axes!).map((axis) => at(axis, x!.shape.length)));
    return flag(attributes, 'keep_dims') ? x!.shape.map((size, axis) => (gone.has(axis) ? 1 : size)) : x!.shape.filter((_, axis) => !gone.has(axis));
  }),
};

const argument: OpRule = {
  types: { T: 0, Tidx: 1 },
  outputs: ([x, axis], attributes) => [{ dtype: type(attributes, 'output_type'), shape: x!.shape.toSpliced(at(constant(axis!)[0]!, x!.shape.length), 1) }],
};

function product([a, b]: readonly Output[], [transposeA, transposeB]: [boolean, boolean]): number[] {
  const [rowsA, columnsA] = a!.shape.slice(-2) as [number, number];
  const [rowsB, columnsB] = b!.shape.slice(-2) as [number, number];
  const [inner, outer] = transposeA ? [rowsA, columnsA] : [columnsA, rowsA];
  const [innerB, outerB] = transposeB ? [columnsB, rowsB] : [rowsB, columnsB];
  if (inner !== innerB) throw new RangeError(`[${a!.shape.join(', ')}] and [${b!.shape.join(', ')}] cannot be multiplied`);
  return [...broadcast(a!.shape.slice(0, -2), b!.shape.slice(0, -2)), outer, outerB];
}

function reshape([x, target]: readonly Output[]): number[] {
  const shape = constant(target!);
  const size = x!.shape.reduce((all, one) => all * one, 1);
  const known = shape.reduce((all, one) => (one === -1 ? all : all * one), 1);
  const result = shape.map((one) => (one === -1 ? size / known : one));
  if (result.reduce((all, one) => all * one, 1) !== size) throw new RangeError(`[${x!.shape.join(', ')}] cannot become [${shape.join(', ')}]`);
  return result;
}

export const OPS: Readonly<Record<string, OpRule>> = {
  ...Object.fromEntries(['Abs', 'Ceil', 'Cos', 'Erf', 'Exp', 'Expm1', 'Floor', 'Identity', 'Inv', 'LogSoftmax', 'Log', 'Log1p', 'Neg', 'OnesLike', 'Reciprocal', 'Relu',
    'Round', 'Rsqrt', 'Sigmoid', 'Sign', 'Sin', 'Softmax', 'Softplus', 'Sqrt', 'Square', 'StopGradient', 'Tanh', 'ZerosLike'].map((op) => [op, unary])),
  ...Object.fromEntries(['Add', 'AddV2', 'Div', 'DivNoNan', 'FloorDiv', 'FloorMod', 'Maximum', 'Minimum', 'Mul', 'MulNoNan', 'Pow', 'RealDiv', 'SquaredDifference', 'Sub'].map((op) => [op, binary])),
  ...Object.fromEntries(['Equal', 'Greater', 'GreaterEqual', 'Less', 'LessEqual', 'NotEqual'].map((op) => [op, comparison])),
  ...Object.fromEntries(['Max', 'Mean', 'Min', 'Prod', 'Sum'].map((op) => [op, reduction])),
  LogicalAnd: logical,
  LogicalOr: logical,
  LogicalNot: { outputs: unary.outputs },
  IsFinite: { types: { T: 0 }, outputs: ([x]) => [{ dtype: DType.bool, shape: x!.shape }] },
  IsNan: { types: { T: 0 }, outputs: ([x]) => [{ dtype: DType.bool, shape: x!.shape }] },
  ArgMax: argument,
  ArgMin: argument,
  AddN: { types: { T: 0 }, outputs: like(([x]) => x!.shape) },
  All: { ...reduction, types: { Tidx: 1 } },
  Any: { ...reduction, types: { Tidx: 1 } },
  BatchMatMulV2: { types: { T: 0 }, outputs: like((inputs, attributes) => product(inputs, [flag(attributes, 'adj_x'), flag(attributes, 'adj_y')])) },
  BiasAdd: { types: { T: 0 }, outputs: like(([x]) => x!.shape) },
  BroadcastTo: { types: { T: 0, Tidx: 1 }, outputs: like(([, shape]) => constant(shape!)) },
  Cast: { types: { SrcT: 0 }, outputs: ([x], attributes) => [{ dtype: type(attributes, 'DstT'), shape: x!.shape }] },
  ConcatV2: {
    types: { T: 0 },
    outputs: like((inputs) => {
      const parts = inputs.slice(0, -1);
      const axis = at(constant(inputs.at(-1)!)[0]!, parts[0]!.shape.length);
      return parts[0]!.shape.with(axis, parts.reduce((sum, part) => sum + part.shape[axis]!, 0));
    }),
  },
  Cumsum: { types: { T: 0, Tidx: 1 }, outputs: like(([x]) => x!.shape) },
  ExpandDims: { types: { T: 0, Tdim: 1 }, outputs: like(([x, axis]) => x!.shape.toSpliced(at(constant(axis!)[0]!, x!.shape.length + 1), 0, 1)) },
  Fill: { types: { T: 1, index_type: 0 }, outputs: ([dims, value]) => [{ dtype: value!.dtype, shape: constant(dims!) }] },
  GatherNd: { types: { Tparams: 0, Tindices: 1 }, outputs: like(([x, indices]) => [...indices!.shape.slice(0, -1), ...x!.shape.slice(indices!.shape.at(-1))]) },
  GatherV2: {
    types: { Tparams: 0, Tindices: 1, Taxis: 2 },
    outputs: like(([x, indices, axis], attributes) => {
      if (count(attributes, 'batch_dims') !== 0) throw new RangeError('batch_dims is not supported');
      return x!.shape.toSpliced(at(constant(axis!)[0]!, x!.shape.length), 1, ...indices!.shape);
    }),
  },
  MatMul: { types: { T: 0 }, outputs: like((inputs, attributes) => product(inputs, [flag(attributes, 'transpose_a'), flag(attributes, 'transpose_b')])) },
  OneHot: {
    types: { T: 2, TI: 0 },
    outputs: ([indices, depth, on], attributes) => [{ dtype: on!.dtype, shape: indices!.shape.toSpliced(at(count(attributes, 'axis'), indices!.shape.length + 1), 0, constant(depth!)[0]!) }],
  },
  Pack: { types: { T: 0 }, outputs: like((inputs, attributes) => inputs[0]!.shape.toSpliced(at(count(attributes, 'axis'), inputs[0]!.shape.length + 1), 0, inputs.length)) },
  PadV2: {
    types: { T: 0, Tpaddings: 1 },
    outputs: like(([x, paddings]) => {
      const sides = constant(paddings!);
      return x!.shape.map((size, axis) => size + sides[2 * axis]! + sides[2 * axis + 1]!);
    }),
  },
  Range: {
    types: { Tidx: 0 },
    outputs: like((inputs) => {
      const [start, limit, delta] = inputs.map((input) => constant(input)[0]!) as [number, number, number];
      return [Math.max(0, Math.ceil((limit - start) / delta))];
    }),
  },
  Reshape: { types: { T: 0, Tshape: 1 }, outputs: like(reshape) },
  ReverseV2: { types: { T: 0, Tidx: 1 }, outputs: like(([x]) => x!.shape) },
  Select: { types: { T: 1 }, outputs: ([, a]) => [{ dtype: a!.dtype, shape: a!.shape }] },
  SelectV2: { types: { T: 1 }, outputs: ([condition, a, b]) => [{ dtype: a!.dtype, shape: broadcast(condition!.shape, a!.shape, b!.shape) }] },
  Slice: {
    types: { T: 0, Index: 1 },
    outputs: like(([x, begin, size]) => {
      const from = constant(begin!);
      return constant(size!).map((length, axis) => (length === -1 ? x!.shape[axis]! - from[axis]! : length));
    }),
  },
  SparseSoftmaxCrossEntropyWithLogits: { types: { T: 0, Tlabels: 1 }, outputs: ([logits]) => [{ dtype: logits!.dtype, shape: logits!.shape.slice(0, 1) }, logits!] },
  SplitV: {
    types: { T: 0, Tlen: 1 },
    outputs: ([x, sizes, axis]) => constant(sizes!).map((size) => ({ dtype: x!.dtype, shape: x!.shape.with(at(constant(axis!)[0]!, x!.shape.length), size) })),
  },
  StatelessRandomUniform: { types: { T: 0, Tseed: 1 }, outputs: ([shape], attributes) => [{ dtype: type(attributes, 'dtype'), shape: constant(shape!) }] },
  Tile: { types: { T: 0, Tmultiples: 1 }, outputs: like(([x, multiples]) => constant(multiples!).map((times, axis) => times * x!.shape[axis]!)) },
  Transpose: { types: { T: 0, Tperm: 1 }, outputs: like(([x, perm]) => constant(perm!).map((axis) => x!.shape[axis]!)) },
  Unpack: {
    types: { T: 0 },
    outputs: ([x], attributes) => Array.from({ length: count(attributes, 'num') }, () => ({ dtype: x!.dtype, shape: x!.shape.toSpliced(at(count(attributes, 'axis'), x!.shape.length), 1) })),
  },
  UnsortedSegmentSum: {
    types: { T: 0, Tindices: 1, Tnumsegments: 2 },
    outputs: like(([x, segments, number]) => [constant(number!)[0]!, ...x!.shape.slice(segments!.shape.length)]),
  },
};

/** Ops whose results have as many elements as their data happen to say. */
export const DATA_DEPENDENT: ReadonlySet<string> = new Set(['Where', 'Unique', 'NonMaxSuppressionV3', 'NonMaxSuppressionV4', 'NonMaxSuppressionV5', 'ListDiff', 'BooleanMask']);
