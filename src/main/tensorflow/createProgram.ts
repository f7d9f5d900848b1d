/** How a job's functions are to run, and why. */
import { CompiledProgram } from './compile/compiledProgram.ts';
import { EagerProgram } from './eagerProgram.ts';
import type { Precision, Program } from './program.ts';

export function createProgram({ eager = false, precision = 'float32' }: { eager?: boolean; precision?: Precision } = {}): Program {
  return eager ? new EagerProgram() : new CompiledProgram({ precision });
}
