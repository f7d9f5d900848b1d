/** The memory estimate against runs that were measured, and what the published recipe takes. */
import { describe, expect, it } from 'vitest';
import type { RunConfig } from '../../../src/shared/config.ts';
import { memoryBytes } from '../../../src/main/config/memory.ts';
import { modelConfigFromRun } from '../../../src/main/models/configJson.ts';
import { countParameters } from '../../../src/main/models/parameterShapes.ts';

interface Shape {
  type: 'Llama' | 'GPT2' | 'GPTJ';
  hidden: number;
  width?: number;
  layers: number;
  heads: number;
  sequences: number;
  length?: number;
  vocabulary?: number;
  teacherParameters?: number;
  halfTeachers?: boolean;
}

function estimate({ type, hidden, width, layers, heads, sequences, length = 128, vocabulary = 16_000, teacherParameters = 0, halfTeachers = false }: Shape): number {
  const config = {
    data: { seq_length: length },
    model: { type, hidden_size: hidden, intermediate_size: width ?? null, n_layer: layers, n_head: heads, tie_word_embeddings: type !== 'Llama' },
    training: { batch_size: sequences, gradient_accumulation_steps: 1, eager: false },
    distillation: teacherParameters ? {} : null,
  } as unknown as RunConfig;
  return memoryBytes(config, { parameters: countParameters(modelConfigFromRun(config, vocabulary)), teacherParameters, vocabulary, halfTeachers });
}

const llama16 = { type: 'Llama', hidden: 256, width: 1024, layers: 8, heads: 8 } as const;

describe('the memory estimate', () => {
  // Peak resident bytes of three compiled steps, as measured on 25 November 2026 with TensorFlow 2.21 on a CPU.
  it.each<[string, number, Shape]>([
    ['Llama 16M, 16 x 128, float32', 1640e6, { ...llama16, sequences: 16 }],
    ['Llama 16M, 4 x 128, float32', 1096e6, { ...llama16, sequences: 4 }],
    ['Llama 16M, 32 x 128, bfloat16', 2307e6, { ...llama16, sequences: 32 }],
    ['Llama of 2 blocks, bfloat16', 1071e6, { ...llama16, layers: 2, sequences: 16 }],
    ['Llama 58M, 8 x 128, bfloat16', 2589e6, { type: 'Llama', hidden: 512, width: 1024, layers: 16, heads: 8, sequences: 8 }],
    ['long sequences, many heads', 2265e6, { type: 'Llama', hidden: 256, width: 512, layers: 8, heads: 16, sequences: 16, length: 256, vocabulary: 4000 }],
    ['GPT-2 97M, 4 x 128, float32', 3154e6, { type: 'GPT2', hidden: 768, layers: 12, heads: 12, sequences: 4 }],
    ['GPT-2 of width 256, float32', 1192e6, { type: 'GPT2', hidden: 256, layers: 8, heads: 8, sequences: 16, vocabulary: 4000 }],
    ['GPT-J of width 256, float32', 1128e6, { type: 'GPTJ', hidden: 256, layers: 8, heads: 8, sequences: 16, vocabulary: 4000 }],
    ['distilling from two teachers, float32', 2411e6, { ...llama16, hidden: 512, sequences: 8, teacherParameters: 27_065_088 }],
    ['distilling from two teachers, bfloat16', 2364e6, { ...llama16, hidden: 512, sequences: 8, teacherParameters: 27_065_088, halfTeachers: true }],
  ])('is within 15 %% of what was measured: %s', (_name, measured, shape) => {
    expect(Math.abs(estimate(shape) / measured - 1)).toBeLessThan(0.15);
  });

  it('lets the published distillation, 705M + 360M into 58M at 32 x 128, fit a GPU of 20 GB', () => {
    expect(estimate({ type: 'Llama', hidden: 512, width: 1024, layers: 16, heads: 8, sequences: 32, teacherParameters: 1065e6, halfTeachers: true })).toBeLessThan(20e9);
  });
});
