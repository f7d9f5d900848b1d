/** What to change in a run that was too large for its machine's memory. */
import os from 'node:os';
import type { RunConfig } from '../../shared/config.ts';
import { formatQuantity } from '../../shared/format.ts';
import type { JobKind } from '../../shared/jobs.ts';
import { modelConfigFromRun } from '../models/configJson.ts';
import { countParameters } from '../models/parameterShapes.ts';
import { vocabularySize } from './estimate.ts';
import { memoryBytes } from './memory.ts';

/** What other programs and the system keep of a machine's memory. */
const SHARE = 0.8;

/**
 * In words: what the run wants, what the machine has, and the least number of accumulation steps with which it should fit.
 * @param machineBytes memory of the machine
 */
export function whatWouldFit(kind: JobKind, params: unknown, machineBytes: number = os.totalmem()): string {
  const config = kind === 'train' ? (params as { config?: RunConfig }).config : undefined;
  const vocabulary = config ? vocabularySize(config.data.tokenizer_path) : null;
  if (!config || vocabulary === null) return `This machine has ${formatQuantity(machineBytes, 'bytes')}. End other programs and start it again.`;
  const parameters = countParameters(modelConfigFromRun(config, vocabulary));
  const wanted = (steps: number) => memoryBytes({ ...config, training: { ...config.training, gradient_accumulation_steps: steps } }, { parameters, vocabulary, teacherParameters: 0, halfTeachers: false });
  const { batch_size: batch, gradient_accumulation_steps: now } = config.training;
  const has = `It takes about ${formatQuantity(wanted(now), 'bytes')}; this machine has ${formatQuantity(machineBytes, 'bytes')}.`;
  for (let steps = now + 1; steps <= batch; steps++) {
    // Steps that fit already by the estimate did not in truth, so what is proposed takes clearly less.
    if (batch % steps === 0 && wanted(steps) < Math.min(SHARE * machineBytes, SHARE * wanted(now))) {
      return `${has} With training.gradient_accumulation_steps: ${steps} it takes about ${formatQuantity(wanted(steps), 'bytes')} and computes the same.`;
    }
  }
  return `${has} Choose a smaller model or a shorter data.seq_length, or end other programs.`;
}
