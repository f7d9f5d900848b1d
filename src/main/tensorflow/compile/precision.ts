/**
 * In which precision a recorded function computes. Variables, losses, norms and element-wise ops stay in float32; with mixed precision,
 * matrix products take their factors in half precision, as PyTorch's autocast has it.
 */
import { DType, type Attributes, type DTypeNumber, type Output } from './graph.ts';
import type { Recorder } from './recorder.ts';

export const PRECISIONS = ['float32', 'bfloat16', 'float16'] as const;
export type PrecisionName = (typeof PRECISIONS)[number];

export interface Precision {
  readonly name: PrecisionName;
  /** Adds to the recorder's graph what the op is in this precision. */
  emit(recorder: Recorder, op: string, inputs: readonly Output[], attributes: Attributes): Output[];
}

export function precision(name: PrecisionName): Precision {
  return name === 'float32' ? float32 : new Mixed(name);
}

const float32: Precision = { name: 'float32', emit };

/** tfjs has one product for all ranks; TensorFlow's for matrices is the one with the fast kernels and fusions. */
function emit(recorder: Recorder, op: string, inputs: readonly Output[], attributes: Attributes): Output[] {
  const { adj_x, adj_y, ...rest } = attributes;
  if (op !== 'BatchMatMulV2' || inputs.some(({ shape }) => shape.length !== 2)) return recorder.add(op, inputs, attributes);
  return recorder.add('MatMul', inputs, { ...rest, transpose_a: adj_x!, transpose_b: adj_y! });
}

const PRODUCTS = new Set(['MatMul', 'BatchMatMulV2']);
/** Ops that move values about and change none: they work on the narrower form when there is one. */
const MOVES = new Set(['Reshape', 'Transpose', 'ReverseV2', 'Slice', 'SplitV', 'ExpandDims', 'ConcatV2']);

class Mixed implements Precision {
  readonly name: PrecisionName;
  readonly #half: DTypeNumber;
  /** The half-precision form of float32 outputs, where it exists already. */
  readonly #narrow = new WeakMap<Output, Output>();

  constructor(name: 'bfloat16' | 'float16') {
    this.name = name;
    this.#half = DType[name];
  }

  emit(recorder: Recorder, op: string, inputs: readonly Output[], attributes: Attributes): Output[] {
    const floats = inputs.filter(({ dtype }) => dtype === DType.float32);
    if (PRODUCTS.has(op) && floats.length === 2) {
      return this.#widen(recorder, emit(recorder, op, inputs.map((input) => this.#narrowed(recorder, input)), { ...attributes, T: { type: this.#half } }));
    }
    if (MOVES.has(op) && floats.length > 0 && floats.every((input) => this.#narrow.has(input))) {
      return this.#widen(recorder, emit(recorder, op, inputs.map((input) => this.#narrow.get(input) ?? input), { ...attributes, T: { type: this.#half } }));
    }
    return emit(recorder, op, inputs, attributes);
  }

  #narrowed(recorder: Recorder, input: Output): Output {
    let narrow = this.#narrow.get(input);
    if (!narrow) {
      narrow = cast(recorder, input, this.#half);
      this.#narrow.set(input, narrow);
    }
    return narrow;
  }

  /** The float32 form of half-precision outputs. Where nobody uses it, TensorFlow does not compute it. */
  #widen(recorder: Recorder, outputs: readonly Output[]): Output[] {
    return outputs.map((narrow) => {
      const wide = cast(recorder, narrow, DType.float32);
      this.#narrow.set(wide, narrow);
      return wide;
    });
  }
}

function cast(recorder: Recorder, input: Output, dtype: DTypeNumber): Output {
  return recorder.add('Cast', [input], { SrcT: { type: input.dtype }, DstT: { type: dtype }, Truncate: { b: false } })[0]!;
}
