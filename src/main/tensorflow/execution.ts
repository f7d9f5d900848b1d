/** Which way a run computes, and why: compiled or op by op, in which precision. */
import { findLibrary } from './library.ts';
import { instructionSets } from './machine.ts';
import type { Precision } from './program.ts';

export interface Execution {
  eager: boolean;
  precision: Precision;
  /** In words, for the run's log and page: "... in bfloat16, because ...". */
  why: string;
}

export interface Wishes {
  /** Op by op: the reference, slower. */
  eager: boolean;
  /** Mixed precision, in what the device does best. */
  fp16: boolean;
  /** That precision and no other; null: the device's best where fp16 asks for one. */
  precision: Precision | null;
}

/** What of the device decides. */
export interface Device {
  gpu: boolean;
  instructionSets: readonly string[];
}

export function chooseExecution(wishes: Wishes, device: Device): Execution {
  const { eager, fp16, precision } = wishes;
  const path = eager ? 'op by op, as training.eager asks' : 'as a compiled graph';
  if (eager) return { eager, precision: 'float32', why: `${path}, in float32${fp16 || (precision ?? 'float32') !== 'float32' ? ' (mixed precision needs the compiled graph)' : ''}` };
  if (precision) return { eager, precision, why: `${path}, in ${precision}, as training.precision asks` };
  if (!fp16) return { eager, precision: 'float32', why: `${path}, in float32` };
  const { half, why } = bestHalf(device);
  return { eager, precision: half, why: `${path}, in ${half}: ${why}` };
}

function bestHalf({ gpu, instructionSets }: Device): { half: Precision; why: string } {
  // bfloat16 has float32's range and needs no loss scaling; GPUs since 2020 (sm_80) multiply it as fast as float16.
  if (gpu) return { half: 'bfloat16', why: 'training.fp16 asks for mixed precision, and this GPU multiplies bfloat16' };
  const has = instructionSets.find((set) => set === 'amx_bf16' || set === 'avx512_bf16' || set === 'bf16');
  if (has) return { half: 'bfloat16', why: `training.fp16 asks for mixed precision, and this processor multiplies bfloat16 (${has})` };
  return { half: 'float32', why: 'training.fp16 asks for mixed precision, but this processor has no instructions for it, and would be slower' };
}

/** This machine's device, found without loading TensorFlow. */
export function machineDevice(): Device {
  let gpu = false;
  try {
    gpu = findLibrary().variant === 'gpu';
  } catch {
    // Not set up yet: what will be set up is not known.
  }
  return { gpu, instructionSets: instructionSets() };
}
