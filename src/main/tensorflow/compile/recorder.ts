/**
 * Records what tfjs asks of TensorFlow. tfjs-node runs everything through one object, `backend.binding`; while a recorder stands in for
 * it, ops become nodes of a graph instead of being computed, and tensors are names of nodes' outputs.
 *
 * Ids of recorded tensors are negative, so that nothing takes them for tensors of the real binding (which are freed by id). A real tensor
 * that meets a recording becomes a constant of the graph.
 */
import { backend, binding as real, symbolicTensor, tensorId, type OpAttribute, type Tensor } from '../tf.ts';
import { DType, reference, type Attribute, type Attributes, type DTypeNumber, type Graph, type Output, type Values } from './graph.ts';
import { DATA_DEPENDENT, OPS } from './ops.ts';
import type { Numerics } from './precision.ts';

/** Why something cannot be part of a graph, and where in the code it is. */
export class RecordingError extends Error {
  override name = 'RecordingError';
}

interface TensorMetadata {
  id: number;
  dtype: number;
  shape: number[];
}

/** What a recorder has to be told about a variable of its program. */
export interface VariableNode {
  name: string;
  /** Output of the variable's VarHandleOp. */
  handle: Output;
  dtype: DTypeNumber;
  shape: readonly number[];
}

/** Larger tensors are not meant to be constants: they are data that would be frozen into the graph. */
const MAX_CONSTANT_BYTES = 4 << 20;

let nextId = -2; // tfjs-node uses -1 for tensors that are not written yet.
let active: Recorder | null = null;

/** The recorder that stands in for TensorFlow now; null when ops are computed. */
export function recording(): Recorder | null {
  return active;
}

function standInFor(recorder: Recorder | null): void {
  active = recorder;
}

/** A number for a tensor that is not in TensorFlow. */
export function symbolicId(): number {
  return nextId--;
}

export class Recorder {
  /** Of the function that is recorded; prefix of its nodes' names. */
  readonly name: string;
  readonly #graph: Graph;
  readonly #variables: ReadonlyMap<number, VariableNode>;
  readonly #numerics: Numerics;
  readonly #outputs = new Map<number, Output>();
  readonly #constants = new Map<number, Output>();
  /** Inputs of ops by their id. */
  readonly #given = new Map<number, Tensor>();
  /** The variables' values when the function begins, by variable name. */
  readonly #reads = new Map<string, Output>();
  /** The nodes that read them. */
  readonly #readers = new Map<string, string>();
  /** Nodes that change variables, in their order, by variable name. */
  readonly #changes = new Map<string, string[]>();

  /** @param variables those of the program, by the id of their tensors */
  constructor(name: string, graph: Graph, variables: ReadonlyMap<number, VariableNode>, numerics: Numerics) {
    this.name = name;
    this.#graph = graph;
    this.#variables = variables;
    this.#numerics = numerics;
  }

  /** Runs the function with this recorder in the binding's place. */
  record<R>(body: () => R): R {
    if (active) throw new RecordingError(`"${this.name}" cannot be recorded inside the recording of "${active.name}"`);
    // Random numbers drawn in JavaScript would be constants of the graph: the same in every step.
    const { random } = Math;
    Math.random = () => {
      throw new RecordingError(`"${this.name}" draws random numbers in JavaScript; use a stateless random op with a seed that is fed`);
    };
    // tfjs declares the binding as read-only, but the object that the backend asks is its own to choose.
    const host = backend as { binding: unknown; getInputTensorIds: (tensors: Tensor[]) => number[] };
    const { getInputTensorIds } = host;
    host.binding = this.#standIn();
    // Ids alone do not tell the shape of a tensor that was there before.
    host.getInputTensorIds = (tensors) => {
      const ids = getInputTensorIds.call(backend, tensors);
      ids.forEach((id, i) => this.#given.set(id, tensors[i]!));
      return ids;
    };
    standInFor(this);
    try {
      return body();
    } finally {
      standInFor(null);
      host.binding = real;
      host.getInputTensorIds = getInputTensorIds;
      Math.random = random;
      this.#given.clear();
    }
  }

  #standIn(): object {
    return Object.create(real as object, {
      createTensor: { value: (shape: number[], dtype: number, values: unknown) => this.#createTensor(shape, dtype, values) },
      tensorDataSync: { value: (id: number) => this.#read(id) },
      deleteTensor: { value: (id: number) => this.#delete(id) },
      executeOp: { value: (op: string, attributes: OpAttribute[], ids: number[], outputs: number) => this.#execute(op, attributes, ids, outputs) },
    }) as object;
  }

  /** A value that is given anew at each run. */
  input(name: string, dtype: DTypeNumber, shape: readonly number[]): { tensor: Tensor; feed: Output } {
    const node = this.#graph.add(`${this.name}/${name}`, 'Placeholder', [], { dtype: { type: dtype }, shape: { shape } });
    const feed: Output = { node, index: 0, dtype, shape };
    return { tensor: this.tensor(feed), feed };
  }

  /** A tfjs tensor that stands for an output. */
  tensor(output: Output): Tensor {
    return symbolicTensor(this.#register(output));
  }

  /** The output that a tfjs tensor stands for, whether recorded, constant or a variable's value. */
  outputOf(tensor: Tensor): Output {
    return this.#resolve(tensorId(tensor));
  }

  /** Adds a node. @param after outputs or nodes that have to be there first */
  add(op: string, inputs: readonly Output[], given: Attributes, after: readonly string[] = []): Output[] {
    const rule = OPS[op];
    if (!rule) {
      throw new RecordingError(DATA_DEPENDENT.has(op)
        ? `${op} cannot be recorded: how many elements it yields depends on the data`
        : `${op} cannot be recorded: its shape rule is missing (tensorflow/compile/ops.ts)`);
    }
    const attributes = { ...given };
    for (const [name, index] of Object.entries(rule.types ?? {})) attributes[name] ??= { type: inputs[index]!.dtype };
    const types = rule.outputs(inputs, attributes);
    const node = this.#graph.add(`${this.name}/${op}`, op, [...inputs.map(reference), ...after.map((name) => `^${name}`)], attributes);
    return types.map(({ dtype, shape }, index) => ({ node, index, dtype, shape }));
  }

  constant(dtype: DTypeNumber, shape: readonly number[], values: Values): Output {
    return this.#graph.constant(dtype, shape, values);
  }

  /** An op that changes a variable in place; what is recorded afterwards and reads the variable would read the old value. */
  change(variable: VariableNode, op: string, inputs: readonly Output[], attributes: Attributes): void {
    const earlier = this.#changes.get(variable.name) ?? [];
    const read = this.#readers.get(variable.name);
    // The old value must have been read by then; the kernels copy it if somebody still holds it.
    const after = [...(read ? [read] : []), ...earlier.slice(-1)].map((name) => `^${name}`);
    const node = this.#graph.add(`${this.name}/${op}`, op, [...inputs.map(reference), ...after], attributes);
    this.#changes.set(variable.name, [...earlier, node.name]);
  }

  /** Stores a value in a variable. */
  assign(variable: VariableNode, value: Output): void {
    // What is fed lies in JavaScript's memory; a variable has to own its values.
    const owned = value.node.op === 'Placeholder' ? this.#deepCopy(value) : value;
    this.change(variable, 'AssignVariableOp', [variable.handle, owned], { dtype: { type: variable.dtype } });
  }

  /** Names of all nodes that change variables: what a run has to wait for. */
  changes(): string[] {
    return [...this.#changes.values()].flat();
  }

  /** The variable that a tensor of the program's belongs to. */
  variableOf(tensor: Tensor): VariableNode | undefined {
    return this.#variables.get(tensorId(tensor));
  }

  #deepCopy(value: Output): Output {
    const node = this.#graph.add(`${this.name}/DeepCopy`, 'DeepCopy', [reference(value)], { T: { type: value.dtype } });
    return { ...value, node, index: 0 };
  }

  #register(output: Output): TensorMetadata {
    const id = symbolicId();
    this.#outputs.set(id, output);
    return { id, dtype: output.dtype, shape: [...output.shape] };
  }

  #resolve(id: number): Output {
    const output = this.#outputs.get(id) ?? this.#constants.get(id);
    if (output) return output;
    const variable = this.#variables.get(id);
    if (variable) return this.#valueOf(variable);
    if (id < 0) throw new RecordingError(`"${this.name}" uses a tensor of another recording or program; hand it over as an input or a variable`);
    return this.#capture(id);
  }

  /** A variable's value at the beginning of the function. */
  #valueOf(variable: VariableNode): Output {
    const known = this.#reads.get(variable.name);
    if (known) return known;
    if (this.#changes.has(variable.name)) throw new RecordingError(`"${this.name}" reads the variable "${variable.name}" after it was changed in place`);
    const node = this.#graph.add(`${this.name}/ReadVariableOp`, 'ReadVariableOp', [reference(variable.handle)], { dtype: { type: variable.dtype } });
    this.#readers.set(variable.name, node.name);
    const output = this.#numerics.widen(this, { node, index: 0, dtype: variable.dtype, shape: variable.shape });
    this.#reads.set(variable.name, output);
    return output;
  }

  /** A tensor that existed before the recording. */
  #capture(id: number): Output {
    const { shape, dtype } = this.#given.get(id)!;
    return this.#remember(id, DType[dtype as 'float32' | 'int32' | 'bool'], shape, real.tensorDataSync(id));
  }

  #createTensor(shape: number[], dtype: number, values: unknown): number {
    const id = real.createTensor(shape, dtype, values);
    this.#remember(id, dtype as DTypeNumber, shape, real.tensorDataSync(id));
    return id;
  }

  #remember(id: number, dtype: DTypeNumber, shape: readonly number[], values: Values): Output {
    if (values.byteLength > MAX_CONSTANT_BYTES) {
      throw new RecordingError(`"${this.name}" makes a tensor of ${values.byteLength} bytes [${shape.join(', ')}] from JavaScript values, which would be frozen into its graph; hand it over as an input or a variable`);
    }
    const output = this.#graph.constant(dtype, shape, values);
    this.#constants.set(id, output);
    return output;
  }

  #read(id: number): unknown {
    const output = this.#outputs.get(id) ?? (this.#variables.has(id) ? this.#resolve(id) : undefined);
    if (!output) return real.tensorDataSync(id);
    throw new RecordingError(`"${this.name}" reads the result of ${output.node.op} [${output.shape.join(', ')}] back to JavaScript in the middle of the recording; return it as an output`);
  }

  #delete(id: number): void {
    // Recorded tensors are only names; constants are real.
    if (id >= 0) real.deleteTensor(id);
  }

  #execute(op: string, attributes: OpAttribute[], ids: number[], outputs: number): TensorMetadata[] {
    let made: Output[];
    try {
      made = this.#numerics.emit(this, op, ids.map((id) => this.#resolve(id)), graphAttributes(attributes));
    } catch (error) {
      if (error instanceof RangeError) throw new RecordingError(`${op} in "${this.name}": ${error.message}`, { cause: error });
      throw error;
    }
    if (made.length !== outputs) throw new RecordingError(`${op} in "${this.name}" has ${made.length} outputs, ${outputs} were asked for`);
    return made.map((output) => this.#register(output));
  }
}

/** The binding's attributes as a graph states them. */
function graphAttributes(attributes: readonly OpAttribute[]): Attributes {
  const { TF_ATTR_TYPE, TF_ATTR_INT, TF_ATTR_FLOAT, TF_ATTR_BOOL, TF_ATTR_STRING, TF_ATTR_SHAPE } = real;
  return Object.fromEntries(attributes.map(({ name, type, value }): [string, Attribute] => {
    switch (type) {
      case TF_ATTR_TYPE:
        return [name, { type: value as number }];
      case TF_ATTR_INT:
        return [name, { i: value as number }];
      case TF_ATTR_FLOAT:
        return [name, { f: value as number }];
      case TF_ATTR_BOOL:
        return [name, { b: value as boolean }];
      case TF_ATTR_STRING:
        return [name, { s: value as string }];
      case TF_ATTR_SHAPE:
        return [name, { shape: value as number[] }];
      default:
        throw new RecordingError(`the attribute ${name} has the unknown type ${type}`);
    }
  }));
}
