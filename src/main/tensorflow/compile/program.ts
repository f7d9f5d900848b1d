/**
 * Compiled programs: functions of tfjs tensors, recorded once and run from then on as one TensorFlow graph, over variables that live in
 * TensorFlow. What TensorFlow's Python has in `tf.function`, for tfjs-node.
 *
 *     const program = new Program();
 *     const w = program.variable('w', [4]);
 *     const step = program.function('step', ({ x }) => {
 *       const y = tf.sum(tf.mul(w, x));
 *       w.assign(tf.sub(w, x));
 *       return { y };
 *     });
 *     step.run({ x: { shape: [4], values: new Float32Array([1, 2, 3, 4]) } }).y; // Float32Array [0]
 *
 * A function is recorded once for each set of input shapes. Whatever changes from call to call has to be an input or a variable: numbers
 * of JavaScript become constants. All functions of a program share one session, since variables belong to it.
 */
import { backend, binding, symbolicTensor, tf, type Tensor, type Variable } from '../tf.ts';
import { DType, Graph, reference, type DTypeNumber, type Output } from './graph.ts';
import { precision, type Precision, type PrecisionName } from './precision.ts';
import { Recorder, RecordingError, symbolicId, type VariableNode } from './recorder.ts';
import { loadGraph } from './savedModel.ts';

export interface InputValue {
  /** float32, int32 or bool by the array's type. */
  values: Float32Array | Int32Array | Uint8Array;
  shape: readonly number[];
}

export type Inputs = Record<string, InputValue>;
/** Results by name. */
export type Outputs = Record<string, Float32Array | Int32Array | Uint8Array>;

export type ProgramFunction<I extends string, O extends string> = (inputs: Record<I, Tensor>) => Record<O, Tensor>;

export interface CompiledFunction<I extends string, O extends string> {
  /**
   * Runs the function; records it first when it has not met these input shapes.
   * @throws RecordingError when it cannot be recorded
   */
  run(inputs: Record<I, InputValue>): Record<O, Float32Array | Int32Array | Uint8Array>;
  /** Records the function for these shapes ahead of time: all that is recorded before the first run is loaded in one go. */
  prepare(shapes: Record<I, { dtype: 'float32' | 'int32' | 'bool'; shape: readonly number[] }>): void;
}

interface ProgramVariable {
  node: VariableNode;
  variable: Variable;
  /** The tensor that stands for the variable's value at a function's beginning. */
  home: Tensor;
  /** Null: zeros. */
  initial: (() => Float32Array) | null;
  elements: number;
  /** Names of what to feed and fetch. */
  ports: { value: string; write: string; zero: string; read: string };
}

/** A recorded function: names of what to feed and fetch. */
interface Recording {
  feeds: string[];
  fetches: string[];
}

export class Program {
  readonly #graph = new Graph();
  readonly #variables = new Map<string, ProgramVariable>();
  readonly #byTensor = new Map<number, VariableNode>();
  readonly #precision: PrecisionName;
  #session: number | null = null;
  /** Nodes that the session knows. */
  #loaded = 0;

  constructor(options: { precision?: PrecisionName } = {}) {
    this.#precision = options.precision ?? 'float32';
  }

  /**
   * A float32 variable that lives in TensorFlow. Use it in functions as any tfjs variable; `assign` in a function changes it when the
   * function has run. Outside of functions it has no values: see {@link read} and {@link write}.
   * @param initial its first values, asked for when the program is loaded; absent: zeros
   */
  variable(name: string, shape: readonly number[], initial?: () => Float32Array): Variable {
    if (this.#variables.has(name)) throw new RangeError(`This program has a variable "${name}" already.`);
    const at = `variables/${name}`;
    const dtype = DType.float32;
    const add = (node: string, op: string, inputs: string[], attributes: Parameters<Graph['add']>[3]) => this.#graph.add(`${at}/${node}`, op, inputs, attributes);
    const handle = add('handle', 'VarHandleOp', [], { dtype: { type: dtype }, shape: { shape }, shared_name: { s: at } });
    const value = add('value', 'Placeholder', [], { dtype: { type: dtype }, shape: { shape } });
    // The copy: what is fed lies in JavaScript's memory.
    const copy = add('copy', 'DeepCopy', [value.name], { T: { type: dtype } });
    const zeros = add('zeros', 'Fill', [
      reference(this.#graph.constant(DType.int32, [shape.length], Int32Array.from(shape))),
      reference(this.#graph.constant(dtype, [], new Float32Array(1))),
    ], { T: { type: dtype }, index_type: { type: DType.int32 } });
    const done = reference(this.#graph.constant(DType.int32, [], new Int32Array(1)));
    const assign = (what: string) => {
      const node = add(`${what}/assign`, 'AssignVariableOp', [handle.name, what === 'write' ? copy.name : zeros.name], { dtype: { type: dtype } });
      return add(`${what}/done`, 'Identity', [done, `^${node.name}`], { T: { type: DType.int32 } }).name;
    };
    const read = add('read', 'ReadVariableOp', [handle.name], { dtype: { type: dtype } });
    const node: VariableNode = { name, handle: { node: handle, index: 0, dtype: DType.resource, shape: [] }, dtype, shape };
    const id = symbolicId();
    const home = tf.keep(symbolicTensor({ id, dtype, shape: [...shape] }));
    const variable = tf.variable(home, true);
    this.#byTensor.set(id, node);
    this.#variables.set(name, {
      node, variable, home, initial: initial ?? null, elements: shape.reduce((product, size) => product * size, 1),
      ports: { value: value.name, write: assign('write'), zero: assign('zero'), read: add('read/copy', 'Identity', [read.name], { T: { type: dtype } }).name },
    });
    if (this.#session !== null) this.#unload();
    return variable;
  }

  /**
   * A function of this program.
   * @param name prefix of its nodes; errors name it
   * @param body called once for each set of input shapes, to be recorded; returns tensors by name
   */
  function<I extends string, O extends string>(name: string, body: ProgramFunction<I, O>, options: { precision?: PrecisionName } = {}): CompiledFunction<I, O> {
    const recordings = new Map<string, Recording>();
    const recorded = (shapes: Record<I, { dtype: DTypeNumber; shape: readonly number[] }>): Recording => {
      const names = Object.keys(shapes) as I[];
      const key = names.map((input) => `${input}:${shapes[input].dtype}:${shapes[input].shape.join('x')}`).join(' ');
      let recording = recordings.get(key);
      if (!recording) {
        recording = this.#record(recordings.size === 0 ? name : `${name}.${recordings.size}`, body, names.map((input) => ({ name: input, ...shapes[input] })), precision(options.precision ?? this.#precision));
        recordings.set(key, recording);
      }
      return recording;
    };
    let outputNames: O[] = [];
    const wrapped = body;
    body = (inputs) => {
      const outputs = wrapped(inputs);
      outputNames = Object.keys(outputs) as O[];
      return outputs;
    };
    return {
      run: (inputs) => {
        const values = Object.values(inputs) as InputValue[];
        const types = Object.fromEntries(Object.entries(inputs).map(([input, value]) => [input, { dtype: dtypeOf((value as InputValue).values), shape: (value as InputValue).shape }]));
        const { feeds, fetches } = recorded(types as Record<I, { dtype: DTypeNumber; shape: readonly number[] }>);
        const results = this.#run(feeds, values, fetches);
        return Object.fromEntries(outputNames.map((output, i) => [output, results[i]!])) as ReturnType<CompiledFunction<I, O>['run']>;
      },
      prepare: (shapes) => {
        const types = Object.entries(shapes).map(([input, spec]) => {
          const { dtype, shape } = spec as { dtype: 'float32' | 'int32' | 'bool'; shape: readonly number[] };
          return [input, { dtype: DType[dtype], shape }];
        });
        recorded(Object.fromEntries(types) as Record<I, { dtype: DTypeNumber; shape: readonly number[] }>);
      },
    };
  }

  /** A variable's values, copied out of TensorFlow. */
  read(name: string): Float32Array {
    const { ports, initial, elements } = this.#get(name);
    if (this.#session === null && !this.#kept.has(name)) return initial?.() ?? new Float32Array(elements);
    return this.#run([], [], [ports.read])[0] as Float32Array;
  }

  /** Replaces a variable's values. */
  write(name: string, values: Float32Array): void {
    const { ports, node, elements } = this.#get(name);
    if (values.length !== elements) throw new RangeError(`The variable "${name}" has ${elements} values, not ${values.length}.`);
    this.#run([ports.value], [{ values, shape: node.shape }], [ports.write]);
  }

  /** Frees the session and all variables. */
  dispose(): void {
    if (this.#session !== null) binding.deleteSavedModel(this.#session);
    this.#session = null;
    this.#kept.clear();
    for (const { variable, home } of this.#variables.values()) tf.dispose([variable, home]);
    this.#variables.clear();
  }

  /** Values that outlive a session, while another is loaded. */
  readonly #kept = new Map<string, Float32Array>();

  #record<I extends string, O extends string>(
    name: string, body: ProgramFunction<I, O>, inputs: { name: I; dtype: DTypeNumber; shape: readonly number[] }[], how: Precision,
  ): Recording {
    const recorder = new Recorder(name, this.#graph, this.#byTensor, how);
    try {
      return recorder.record(() => tf.tidy(() => {
        const given = inputs.map((input) => ({ input: input.name, ...recorder.input(input.name, input.dtype, input.shape) }));
        const results = Object.values<Tensor>(body(Object.fromEntries(given.map(({ input, tensor }) => [input, tensor])) as Record<I, Tensor>));
        const outputs = results.map((tensor) => recorder.outputOf(tensor));
        this.#recordAssignments(recorder);
        return { feeds: given.map(({ feed }) => feed.node.name), fetches: this.#fetches(recorder, outputs) };
      }) as unknown as Recording);
    } finally {
      this.#sendHome();
    }
  }

  /** tfjs' `assign` makes a variable share another tensor's values: those are what the variable is to hold after the run. */
  #recordAssignments(recorder: Recorder): void {
    for (const { variable, home, node } of this.#variables.values()) {
      if (variable.dataId !== home.dataId) recorder.assign(node, recorder.outputOf(variable));
    }
  }

  #sendHome(): void {
    for (const { variable, home } of this.#variables.values()) {
      if (variable.dataId !== home.dataId) variable.assign(home);
    }
  }

  /** What a run asks for: each output, once all variables have been changed. */
  #fetches(recorder: Recorder, outputs: readonly Output[]): string[] {
    const after = recorder.changes();
    if (outputs.length === 0) outputs = [recorder.constant(DType.int32, [], new Int32Array(1))];
    return outputs.map((output) => recorder.add('Identity', [output], {}, after)[0]!.node.name);
  }

  #run(feeds: readonly string[], values: readonly InputValue[], fetches: readonly string[]): (Float32Array | Int32Array | Uint8Array)[] {
    const session = this.#load();
    return run(session, feeds, values, fetches);
  }

  /** A session that knows every node: the current one, or a new one to which the variables' values move. */
  #load(): number {
    if (this.#session !== null && this.#loaded === this.#graph.nodes.length) return this.#session;
    this.#unload();
    const session = loadGraph(this.#graph, (folder, tags) => binding.loadSavedModel(folder, tags));
    this.#session = session;
    this.#loaded = this.#graph.nodes.length;
    for (const [name, { node, initial, ports }] of this.#variables) {
      const values = this.#kept.get(name) ?? initial?.();
      this.#kept.delete(name);
      if (values) run(session, [ports.value], [{ values, shape: node.shape }], [ports.write]);
      else run(session, [], [], [ports.zero]);
    }
    return session;
  }

  #unload(): void {
    if (this.#session === null) return;
    for (const [name, { ports }] of this.#variables) this.#kept.set(name, run(this.#session, [], [], [ports.read])[0] as Float32Array);
    binding.deleteSavedModel(this.#session);
    this.#session = null;
  }

  #get(name: string): ProgramVariable {
    const found = this.#variables.get(name);
    if (!found) throw new RangeError(`This program has no variable "${name}".`);
    return found;
  }
}

function dtypeOf(values: InputValue['values']): DTypeNumber {
  return values instanceof Float32Array ? DType.float32 : values instanceof Int32Array ? DType.int32 : DType.bool;
}

/** One call of a session: values in, values out. */
function run(session: number, feeds: readonly string[], values: readonly InputValue[], fetches: readonly string[]): (Float32Array | Int32Array | Uint8Array)[] {
  const ids = values.map(({ values: given, shape }) => binding.createTensor(shape, dtypeOf(given), given));
  try {
    const results = binding.runSavedModel(session, ids, names(feeds), names(fetches));
    return results.map(({ id }) => {
      const data = binding.tensorDataSync(id);
      binding.deleteTensor(id);
      return data;
    });
  } finally {
    for (const id of ids) binding.deleteTensor(id);
  }
}

const names = (nodes: readonly string[]): string => nodes.map((name) => `${name}:0`).join(',');

// Loading this file makes sure that TensorFlow is the backend: recording goes through it.
void backend;
export { RecordingError };
