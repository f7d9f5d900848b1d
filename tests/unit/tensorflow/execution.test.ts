import { describe, expect, it } from 'vitest';
import { chooseExecution } from '../../../src/main/tensorflow/execution.ts';

const nothing = { eager: false, fp16: false, precision: null } as const;
const [old, recent, gpu] = [{ gpu: false, instructionSets: ['avx2'] }, { gpu: false, instructionSets: ['avx2', 'avx512_bf16'] }, { gpu: true, instructionSets: ['avx2'] }];

describe('how a run computes', () => {
  it.each([
    ['as a compiled graph in float32 unless asked', nothing, recent, { eager: false, precision: 'float32' }],
    ['in bfloat16 for fp16, where the processor has it', { ...nothing, fp16: true }, recent, { eager: false, precision: 'bfloat16' }],
    ['in bfloat16 for fp16 on a GPU', { ...nothing, fp16: true }, gpu, { eager: false, precision: 'bfloat16' }],
    ['in float32 for fp16 on a processor that would be slower', { ...nothing, fp16: true }, old, { eager: false, precision: 'float32' }],
    ['in the precision that is asked for, whatever the device', { ...nothing, fp16: true, precision: 'float16' }, old, { eager: false, precision: 'float16' }],
    ['op by op in float32 when asked', { eager: true, fp16: true, precision: null }, recent, { eager: true, precision: 'float32' }],
  ] as const)('%s', (_name, wishes, device, expected) => expect(chooseExecution(wishes, device)).toMatchObject(expected));

  it('is told with its reason', () => {
    expect(chooseExecution({ ...nothing, fp16: true }, recent).why).toBe('as a compiled graph, in bfloat16: training.fp16 asks for mixed precision, and this processor multiplies bfloat16 (avx512_bf16)');
    expect(chooseExecution({ ...nothing, fp16: true }, old).why).toContain('no instructions for it');
    expect(chooseExecution({ eager: true, fp16: true, precision: null }, recent).why).toBe('op by op, as training.eager asks, in float32 (mixed precision needs the compiled graph)');
  });
});
