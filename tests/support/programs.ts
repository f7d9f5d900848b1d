/** Both ways that functions of tensors run, so that what holds for one is tested for the other. */
import { CompiledProgram } from '../../src/main/tensorflow/compile/compiledProgram.ts';
import { EagerProgram } from '../../src/main/tensorflow/eagerProgram.ts';
import type { Program } from '../../src/main/tensorflow/program.ts';

export const WAYS = ['eager', 'compiled'] as const;
export type Way = (typeof WAYS)[number];

export function newProgram(way: Way): Program {
  return way === 'eager' ? new EagerProgram() : new CompiledProgram();
}
