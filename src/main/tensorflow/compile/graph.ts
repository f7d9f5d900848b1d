/**
 * A TensorFlow graph under construction: nodes, their outputs and constants. Knows nothing of tfjs.
 */

import { createHash } from 'node:crypto';

/** Numbers of TensorFlow's DataType enum. */
export const DType = { float32: 1, int32: 3, string: 7, int64: 9, bool: 10, bfloat16: 14, float16: 19, resource: 20 } as const;
export type DTypeNumber = (typeof DType)[keyof typeof DType];

export type Values = Float32Array | Int32Array | Uint8Array;

/** A node's attribute, named as in protobuf's AttrValue. */
export type Attribute =
  | { type: number }
  | { i: number }
  | { f: number }
  | { b: boolean }
  | { s: string }
  | { shape: readonly number[] | null }
  | { tensor: { dtype: number; shape: readonly number[]; content: Uint8Array } };

export type Attributes = Record<string, Attribute>;

export interface GraphNode {
  name: string;
  op: string;
  /** `name`, `name:1`, or `^name` for what has to be done before. */
  inputs: string[];
  attributes: Attributes;
}

/** One output of a node, with what is known of it. */
export interface Output {
  readonly node: GraphNode;
  readonly index: number;
  readonly dtype: DTypeNumber;
  readonly shape: readonly number[];
  /** Of constants only. */
  readonly values?: Values;
}

/** How a node's input list names an output. */
export function reference({ node, index }: Output): string {
  return index === 0 ? node.name : `${node.name}:${index}`;
}

/** So that no graph comes near protobuf's limit of 2 GB: what is larger belongs into a variable. */
const MAX_CONSTANT_BYTES = 256e6;

export class Graph {
  readonly nodes: GraphNode[] = [];
  readonly #names = new Map<string, number>();
  readonly #constants = new Map<string, Output>();
  readonly #maxConstantBytes: number;
  #constantBytes = 0;

  constructor({ maxConstantBytes = MAX_CONSTANT_BYTES } = {}) {
    this.#maxConstantBytes = maxConstantBytes;
  }

  /** Adds a node; its name gets a number when it is taken. */
  add(name: string, op: string, inputs: readonly string[], attributes: Attributes): GraphNode {
    const taken = this.#names.get(name) ?? 0;
    this.#names.set(name, taken + 1);
    const node = { name: taken === 0 ? name : `${name}_${taken}`, op, inputs: [...inputs], attributes };
    this.nodes.push(node);
    return node;
  }

  /** A constant; equal ones are shared. One value repeated becomes a Fill, so that zeros of any size cost nothing in the file. */
  constant(dtype: DTypeNumber, shape: readonly number[], values: Values): Output {
    const bytes = new Uint8Array(values.buffer, values.byteOffset, values.byteLength);
    const key = `${dtype}/${shape.join(',')}/${createHash('sha1').update(bytes).digest('base64')}`;
    const known = this.#constants.get(key);
    if (known) return known;
    const made = values.length > 16 && values.every((value) => value === values[0]) ? this.#fill(dtype, shape, values) : this.#stored(dtype, shape, values, bytes);
    this.#constants.set(key, made);
    return made;
  }

  #stored(dtype: DTypeNumber, shape: readonly number[], values: Values, content: Uint8Array): Output {
    this.#constantBytes += content.byteLength;
    if (this.#constantBytes > this.#maxConstantBytes) {
      throw new RangeError(`The constants of this graph exceed ${this.#maxConstantBytes / 1e6} MB; keep large tensors in variables or feed them.`);
    }
    const node = this.add('constant', 'Const', [], { dtype: { type: dtype }, value: { tensor: { dtype, shape, content: content.slice() } } });
    return { node, index: 0, dtype, shape, values: values.slice() };
  }

  #fill(dtype: DTypeNumber, shape: readonly number[], values: Values): Output {
    const dims = this.constant(DType.int32, [shape.length], Int32Array.from(shape));
    const value = this.constant(dtype, [], values.slice(0, 1));
    const node = this.add('fill', 'Fill', [reference(dims), reference(value)], { T: { type: dtype }, index_type: { type: DType.int32 } });
    return { node, index: 0, dtype, shape, values: values.slice() };
  }
}
