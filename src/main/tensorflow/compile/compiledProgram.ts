/**
 * Programs whose functions are recorded once for each set of input shapes and run from then on as one TensorFlow graph, over variables
 * that live in TensorFlow. What TensorFlow's Python has in `tf.function`, for tfjs-node.
 *
 * All functions of a program share one session, because variables belong to a session: a function that is recorded after the first run
 * makes the program load a new one, to which the variables' values move.
 */
import { dtypeOf, typesOf, type InputType, type InputValue, type OutputValue, type Precision, type Program, type ProgramFunction, type VariableOptions } from '../program.ts';
import { binding, symbolicTensor, tf, type Tensor, type Variable } from '../tf.ts';
import { DType, Graph, reference, type DTypeNumber, type Output } from './graph.ts';
import { numerics } from './precision.ts';
import { Recorder, symbolicId, type VariableNode } from './recorder.ts';
import { loadGraph } from './savedModel.ts';

interface ProgramVariable {
  node: VariableNode;
  /** The tensor that stands for the variable's value at a function's beginning. */
  home: Tensor;
  /** Values for the next session that is loaded; null: zeros. */
  initial: (() => Float32Array) | null;
  /** Names of what to feed and fetch. */
  ports: { value: string; write: string; zero: string; read: string };
}

/** About how much crosses between JavaScript and TensorFlow at once when many variables do. */
const GROUP_BYTES = 128e6;

/** A function recorded for one set of input shapes: names of what to feed and fetch. */
interface Recording {
  feeds: string[];
  fetches: string[];
  outputs: string[];
}

export class CompiledProgram implements Program {
  readonly compiled = true;
  readonly precision: Precision;
  readonly #graph = new Graph();
  readonly #variables = new Map<Variable, ProgramVariable>();
  readonly #byTensor = new Map<number, VariableNode>();
  /** Values of the variables read last; any run may change them. */
  #lastRead = new Map<Variable, Float32Array>();
  #session: number | null = null;
  /** Nodes that the session knows. */
  #loaded = 0;

  constructor({ precision = 'float32' }: { precision?: Precision } = {}) {
    this.precision = precision;
  }

  variable(shape: readonly number[], initial?: () => Float32Array, { half = false }: VariableOptions = {}): Variable {
    const name = `variables/${this.#variables.size}`;
    const dtype = half ? DType[this.precision] : DType.float32;
    const handle = this.#graph.add(`${name}/handle`, 'VarHandleOp', [], { dtype: { type: dtype }, shape: { shape }, shared_name: { s: name } });
    const node: VariableNode = { name, handle: { node: handle, index: 0, dtype: DType.resource, shape: [] }, dtype, shape };
    const id = symbolicId();
    const home = tf.keep(symbolicTensor({ id, dtype: DType.float32, shape: [...shape] }));
    const variable = tf.variable(home, true);
    this.#byTensor.set(id, node);
    this.#variables.set(variable, { node, home, initial: initial ?? null, ports: this.#addPorts(node) });
    return variable;
  }

  /** Nodes through which values cross between JavaScript and a variable. */
  #addPorts({ name, handle, dtype, shape }: VariableNode): ProgramVariable['ports'] {
    const graph = this.#graph;
    const cast = (node: string, from: DTypeNumber, to: DTypeNumber, input: string) =>
      from === to ? input : graph.add(`${name}/${node}`, 'Cast', [input], { SrcT: { type: from }, DstT: { type: to } }).name;
    const done = reference(graph.constant(DType.int32, [], new Int32Array(1)));
    const assign = (what: string, value: string) => {
      const node = graph.add(`${name}/${what}`, 'AssignVariableOp', [handle.node.name, value], { dtype: { type: dtype } });
      return graph.add(`${name}/${what}/done`, 'Identity', [done, `^${node.name}`], { T: { type: DType.int32 } }).name;
    };
    const value = graph.add(`${name}/value`, 'Placeholder', [], { dtype: { type: DType.float32 }, shape: { shape } });
    // The copy: what is fed lies in JavaScript's memory, a variable has to own its values.
    const copy = graph.add(`${name}/copy`, 'DeepCopy', [value.name], { T: { type: DType.float32 } });
    const dims = reference(graph.constant(DType.int32, [shape.length], Int32Array.from(shape)));
    const nought = reference(graph.constant(DType.float32, [], new Float32Array(1)));
    const zeros = graph.add(`${name}/zeros`, 'Fill', [dims, nought], { T: { type: DType.float32 }, index_type: { type: DType.int32 } });
    const current = graph.add(`${name}/read`, 'ReadVariableOp', [handle.node.name], { dtype: { type: dtype } });
    const wide = cast('wide', dtype, DType.float32, current.name);
    return {
      value: value.name,
      write: assign('write', cast('narrow', DType.float32, dtype, copy.name)),
      zero: assign('zero', cast('narrowZeros', DType.float32, dtype, zeros.name)),
      read: graph.add(`${name}/values`, 'Identity', [wide], { T: { type: DType.float32 } }).name,
    };
  }

  function<I extends string, O extends string>(name: string, body: (inputs: Record<I, Tensor>) => Record<O, Tensor>): ProgramFunction<I, O> {
    const recordings = new Map<string, Recording>();
    const recordingFor = (types: Record<I, InputType>): Recording => {
      const key = Object.entries<InputType>(types).map(([input, { dtype, shape }]) => `${input} ${dtype} ${shape.join('x')}`).join(', ');
      let recording = recordings.get(key);
      if (!recording) {
        recording = this.#record(recordings.size ? `${name}.${recordings.size}` : name, body, types);
        recordings.set(key, recording);
      }
      return recording;
    };
    return {
      run: (inputs) => {
        const { feeds, fetches, outputs } = recordingFor(typesOf(inputs));
        const results = this.#run(feeds, Object.values<InputValue>(inputs), fetches);
        return Object.fromEntries(outputs.map((output, i) => [output, results[i]!])) as Record<O, OutputValue>;
      },
      prepare: (types) => void recordingFor(types),
    };
  }

  read(variable: Variable): Float32Array {
    const { initial, node } = this.#get(variable);
    if (this.#session === null) return initial?.() ?? new Float32Array(size(node.shape));
    this.#load(); // Variables may have come since.
    if (!this.#lastRead.has(variable)) this.#lastRead = this.#readGroup(this.#groups().find((group) => group.includes(variable))!);
    return this.#lastRead.get(variable)!;
  }

  write(variable: Variable, values: Float32Array | (() => Float32Array)): void {
    const found = this.#get(variable);
    if (this.#session === null) {
      found.initial = typeof values === 'function' ? values : () => values;
      return;
    }
    const given = checked(typeof values === 'function' ? values() : values, found.node);
    this.#run([found.ports.value], [{ values: given, shape: found.node.shape }], [found.ports.write]);
  }

  dispose(): void {
    if (this.#session !== null) binding.deleteSavedModel(this.#session);
    this.#session = null;
    this.#lastRead = new Map();
    for (const [variable, { home }] of this.#variables) tf.dispose([variable, home]);
    this.#variables.clear();
  }

  #record<I extends string, O extends string>(name: string, body: (inputs: Record<I, Tensor>) => Record<O, Tensor>, types: Record<I, InputType>): Recording {
    const recorder = new Recorder(name, this.#graph, this.#byTensor, numerics(this.precision));
    let recording: Recording | undefined;
    try {
      recorder.record(() => tf.tidy(() => {
        const given = Object.entries<InputType>(types).map(([input, { dtype, shape }]) => ({ input, ...recorder.input(input, DType[dtype], shape) }));
        const results = body(Object.fromEntries(given.map(({ input, tensor }) => [input, tensor])) as Record<I, Tensor>);
        const outputs = Object.values<Tensor>(results).map((tensor) => recorder.outputOf(tensor));
        this.#recordAssignments(recorder);
        recording = { feeds: given.map(({ feed }) => feed.node.name), fetches: fetches(recorder, outputs), outputs: Object.keys(results) };
      }));
    } finally {
      this.#sendHome();
    }
    return recording!;
  }

  /** tfjs' `assign` makes a variable share another tensor's values: those are what the variable is to hold after the run. */
  #recordAssignments(recorder: Recorder): void {
    for (const [variable, { home, node }] of this.#variables) {
      if (variable.dataId !== home.dataId) recorder.assign(node, recorder.outputOf(variable));
    }
  }

  #sendHome(): void {
    for (const [variable, { home }] of this.#variables) {
      if (variable.dataId !== home.dataId) variable.assign(home);
    }
  }

  #run(feeds: readonly string[], values: readonly InputValue[], wanted: readonly string[]): OutputValue[] {
    this.#lastRead = new Map();
    return run(this.#load(), feeds, values, wanted);
  }

  /** A session that knows every node. */
  #load(): number {
    if (this.#session !== null && this.#loaded === this.#graph.nodes.length) return this.#session;
    this.#unload();
    const session = loadGraph(this.#graph, (folder, tags) => binding.loadSavedModel(folder, tags));
    this.#session = session;
    this.#loaded = this.#graph.nodes.length;
    for (const group of this.#groups()) {
      const filled = group.map((variable) => this.#get(variable)).filter(({ initial }) => initial);
      const values = filled.map(({ initial, node }) => ({ values: checked(initial!(), node), shape: node.shape }));
      if (filled.length) run(session, filled.map(({ ports }) => ports.value), values, filled.map(({ ports }) => ports.write));
    }
    const empty = [...this.#variables.values()].filter(({ initial }) => !initial);
    if (empty.length) run(session, [], [], empty.map(({ ports }) => ports.zero));
    for (const found of this.#variables.values()) found.initial = null; // What they hold now counts.
    return session;
  }

  /** Ends the session; the variables' values wait for the next one. */
  #unload(): void {
    const session = this.#session;
    if (session === null) return;
    const known = new Set(this.#graph.nodes.slice(0, this.#loaded).map(({ name }) => name));
    for (const group of this.#groups()) {
      const there = group.filter((variable) => known.has(this.#get(variable).ports.read));
      for (const [variable, values] of this.#readGroup(there)) this.#get(variable).initial = () => values;
    }
    this.#lastRead = new Map();
    binding.deleteSavedModel(session);
    this.#session = null;
  }

  #readGroup(group: readonly Variable[]): Map<Variable, Float32Array> {
    if (!group.length) return new Map();
    const values = run(this.#session!, [], [], group.map((variable) => this.#get(variable).ports.read));
    return new Map(group.map((variable, i) => [variable, values[i] as Float32Array]));
  }

  /** The variables in portions that cross to and from JavaScript together: each new set of names costs TensorFlow a new executor. */
  #groups(): Variable[][] {
    const groups: Variable[][] = [];
    let bytes = Infinity;
    for (const [variable, { node }] of this.#variables) {
      const own = 4 * size(node.shape);
      if (bytes + own > GROUP_BYTES) {
        groups.push([]);
        bytes = 0;
      }
      groups.at(-1)!.push(variable);
      bytes += own;
    }
    return groups;
  }

  #get(variable: Variable): ProgramVariable {
    const found = this.#variables.get(variable);
    if (!found) throw new RangeError(`The variable "${variable.name}" is not one of this program.`);
    return found;
  }
}

/** What a run asks for: each output, once all variables have been changed. */
function fetches(recorder: Recorder, outputs: readonly Output[]): string[] {
  const after = recorder.changes();
  const wanted = outputs.length ? outputs : [recorder.constant(DType.int32, [], new Int32Array(1))];
  return wanted.map((output) => recorder.add('Identity', [output], {}, after)[0]!.node.name);
}

/** @throws RangeError when there are not as many values as the variable has */
function checked(values: Float32Array, { shape }: VariableNode): Float32Array {
  if (values.length === size(shape)) return values;
  throw new RangeError(`A variable of shape [${shape.join(', ')}] has ${size(shape)} values, not ${values.length}.`);
}

const size = (shape: readonly number[]): number => shape.reduce((product, length) => product * length, 1);
const outputNames = (nodes: readonly string[]): string => nodes.map((name) => `${name}:0`).join(',');

/** One call of a session: values in, values out. */
function run(session: number, feeds: readonly string[], values: readonly InputValue[], wanted: readonly string[]): OutputValue[] {
  const ids = values.map(({ values: given, shape }) => binding.createTensor(shape, DType[dtypeOf(given)], given));
  try {
    return binding.runSavedModel(session, ids, outputNames(feeds), outputNames(wanted)).map(({ id }) => {
      const data = binding.tensorDataSync(id);
      binding.deleteTensor(id);
      return data;
    });
  } finally {
    for (const id of ids) binding.deleteTensor(id);
  }
}
