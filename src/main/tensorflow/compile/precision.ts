/**
 * What an op becomes in a program's precision. With mixed precision, matrix products take their factors in half precision and all else
 * stays in float32, as PyTorch's autocast has it.
 */
import type { Precision } from '../program.ts';
import { DType, type Attributes, type DTypeNumber, type Output } from './graph.ts';
import type { Recorder } from './recorder.ts';

export interface Numerics {
  /** Adds to the recorder's graph what the op is in this precision. */
  emit(recorder: Recorder, op: string, inputs: readonly Output[], attributes: Attributes): Output[];
  /** The float32 form of a value that is kept in half precision. */
  widen(recorder: Recorder, narrow: Output): Output;
}

export function numerics(precision: Precision): Numerics {
  return precision === 'float32' ? { emit, widen: (_recorder, output) => output } : new Mixed(DType[precision]);
}

/** tfjs has one product for all ranks; TensorFlow's for matrices is the one with the fast kernels and fusions. */
function emit(recorder: Recorder, op: string, inputs: readonly Output[], attributes: Attributes): Output[] {
  const { adj_x, adj_y, ...rest } = attributes;
  if (op !== 'BatchMatMulV2' || inputs.some(({ shape }) => shape.length !== 2)) return recorder.add(op, inputs, attributes);
  return recorder.add('MatMul', inputs, { ...rest, transpose_a: adj_x!, transpose_b: adj_y! });
}

const PRODUCTS = new Set(['MatMul', 'BatchMatMulV2']);
/** Ops that move values about and change none, with their type attribute: they work on the narrow form where that is exact. */
const MOVES: Readonly<Record<string, string>> = {
  Reshape: 'T', Transpose: 'T', ReverseV2: 'T', Slice: 'T', SplitV: 'T', ExpandDims: 'T', ConcatV2: 'T', GatherV2: 'Tparams',
};

class Mixed implements Numerics {
  readonly #half: DTypeNumber;
  /** Float32 outputs that were widened -> what they were widened from. */
  readonly #exact = new WeakMap<Output, Output>();
  /** Float32 outputs -> what they were rounded to. */
  readonly #rounded = new WeakMap<Output, Output>();

  constructor(half: DTypeNumber) {
    this.#half = half;
  }

  emit(recorder: Recorder, op: string, inputs: readonly Output[], attributes: Attributes): Output[] {
    const floats = inputs.filter(({ dtype }) => dtype === DType.float32);
    if (PRODUCTS.has(op) && floats.length === 2) {
      const products = emit(recorder, op, inputs.map((input) => this.#narrow(recorder, input)), { ...attributes, T: { type: this.#half } });
      return products.map((product) => this.widen(recorder, product));
    }
    const type = MOVES[op];
    if (type && floats.length > 0 && floats.every((input) => this.#exact.has(input))) {
      const moved = emit(recorder, op, inputs.map((input) => this.#exact.get(input) ?? input), { ...attributes, [type]: { type: this.#half } });
      return moved.map((output) => this.widen(recorder, output));
    }
    return emit(recorder, op, inputs, attributes);
  }

  /** Where nobody uses the wide form, TensorFlow does not compute it. */
  widen(recorder: Recorder, narrow: Output): Output {
    if (narrow.dtype !== this.#half) return narrow;
    const wide = cast(recorder, narrow, DType.float32);
    this.#exact.set(wide, narrow);
    return wide;
  }

  #narrow(recorder: Recorder, input: Output): Output {
    const known = this.#exact.get(input) ?? this.#rounded.get(input);
    if (known) return known;
    const rounded = cast(recorder, input, this.#half);
    this.#rounded.set(input, rounded);
    return rounded;
  }
}

function cast(recorder: Recorder, input: Output, dtype: DTypeNumber): Output {
  return recorder.add('Cast', [input], { SrcT: { type: input.dtype }, DstT: { type: dtype }, Truncate: { b: false } })[0]!;
}
