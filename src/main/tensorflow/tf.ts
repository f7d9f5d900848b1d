/**
 * TensorFlow for the rest of Cria: the one file that names a tfjs package.
 *
 * tfjs-node's own entry point looks for a binding inside node_modules and for libtensorflow beside it. Cria's binding lies in a
 * per-user cache and links to the library of TensorFlow's wheel (see library.ts), so the pieces are put together here by hand:
 * kernels, backend, binding. Only job processes import this file.
 */
import { createRequire } from 'node:module';
import util from 'node:util';
import type * as tfjs from '@tensorflow/tfjs';
import { findLibrary } from './library.ts';

// tfjs-node 4.22 calls these two, of which Node 23 removed one and warns of the other.
const legacy = util as unknown as Record<string, unknown>;
legacy.isNullOrUndefined = (value: unknown) => value === null || value === undefined;
legacy.isArray = Array.isArray;

// Warnings and errors only; the library reads this when it is loaded.
process.env.TF_CPP_MIN_LOG_LEVEL ??= '1';

const load = createRequire(import.meta.url);

/** The native object that tfjs-node asks for everything; tensors are numbers to it. */
export interface Binding {
  readonly TF_Version: string;
  readonly [constant: `TF_ATTR_${string}`]: number;
  readonly [type: `TF_${Uppercase<string>}`]: number;
  createTensor(shape: readonly number[], dtype: number, values: unknown): number;
  deleteTensor(id: number): void;
  tensorDataSync(id: number): Float32Array | Int32Array | Uint8Array;
  executeOp(op: string, attributes: OpAttribute[], inputs: number[], outputs: number): { id: number; dtype: number; shape: number[] }[];
  loadSavedModel(folder: string, tags: string): number;
  deleteSavedModel(session: number): void;
  /** @param inputs,outputs names as `node:0`, separated by commas */
  runSavedModel(session: number, ids: number[], inputs: string, outputs: string): { id: number; dtype: number; shape: number[] }[];
}

export const binding = load(findLibrary().binding) as Binding;

load('@tensorflow/tfjs-node-gpu/dist/register_all_kernels');
export const tf = load('@tensorflow/tfjs') as typeof tfjs;
const { NodeJSKernelBackend } = load('@tensorflow/tfjs-node-gpu/dist/nodejs_kernel_backend') as {
  NodeJSKernelBackend: new (binding: unknown, packageName: string) => NodeBackend;
};

/** An attribute of a TensorFlow op as the binding wants it. */
export interface OpAttribute {
  name: string;
  /** One of the binding's TF_ATTR_* numbers. */
  type: number;
  value: unknown;
}

/** The part of tfjs-node's backend that runs TensorFlow ops which tfjs itself has no name for. */
export interface NodeBackend extends tfjs.KernelBackend {
  readonly binding: Binding;
  readonly isUsingGpuDevice: boolean;
  executeSingleOutput(op: string, attributes: OpAttribute[], inputs: tfjs.Tensor[]): tfjs.Tensor;
  createOutputTensor(metadata: { id: number; dtype: number; shape: number[] }): tfjs.Tensor;
  getInputTensorIds(tensors: tfjs.Tensor[]): number[];
  executeMultipleOutputs(op: string, attributes: OpAttribute[], inputs: tfjs.Tensor[], outputs: number): tfjs.Tensor[];
}

/** A protobuf message as its generator makes it: a setter for each field, `add` for each that is repeated. */
export type GraphMessage = { [setter: `set${string}` | `add${string}`]: (value: unknown) => void } & {
  getAttrMap(): { set(name: string, value: GraphMessage): void };
  serializeBinary(): Uint8Array;
};
type MessageClass = new () => GraphMessage;

/** The messages of TensorFlow's graphs, as tfjs-node brings them. */
export const graphMessages = load('@tensorflow/tfjs-node-gpu/dist/proto/api_pb') as Record<'SavedModel' | 'GraphDef' | 'NodeDef' | 'AttrValue' | 'Tensor' | 'VersionDef', MessageClass> & {
  MetaGraphDef: MessageClass & { MetaInfoDef: MessageClass };
  TensorShape: MessageClass & { Dim: MessageClass };
};

export const backend = new NodeJSKernelBackend(binding, '@tensorflow/tfjs-node-gpu');
tf.registerBackend('tensorflow', () => backend, 3);
void tf.setBackend('tensorflow'); // Ready at once: the factory is synchronous.

/** Version of the TensorFlow library in use, e.g. "2.21.0". */
export const tensorflowVersion: string = backend.binding.TF_Version;

/** A tensor of tfjs for an id of the binding, which may be one that the binding does not know (see compile/recorder.ts). */
export function symbolicTensor(metadata: { id: number; dtype: number; shape: number[] }): tfjs.Tensor {
  return backend.createOutputTensor(metadata);
}

/** The binding's id of a tensor. */
export function tensorId(tensor: tfjs.Tensor): number {
  return backend.getInputTensorIds([tensor])[0]!;
}

export type { Tensor, Tensor1D, Tensor2D, Tensor3D, Tensor4D, Scalar, Variable, Rank, NamedTensorMap } from '@tensorflow/tfjs';
