/** Very small models of each architecture, for tests that need no oracle. */
import { createModel } from '../../src/main/models/createModel.ts';
import type { LanguageModel } from '../../src/main/models/languageModel.ts';
import type { ModelConfig } from '../../src/main/models/modelConfig.ts';
import type { Program } from '../../src/main/tensorflow/program.ts';

const common = {
  vocab_size: 50, max_positions: 32, hidden_size: 16, intermediate_size: 64, n_layer: 2, n_head: 2, initializer_range: 0.02,
  bos_token_id: 1, eos_token_id: 2, pad_token_id: 0,
};
const dropout = { resid_pdrop: 0.1, embd_pdrop: 0.1, attn_pdrop: 0.1 };

export const TINY_CONFIGS: Record<ModelConfig['model_type'], ModelConfig> = {
  llama: { ...common, model_type: 'llama', tie_word_embeddings: false, rms_norm_eps: 1e-6, rope_theta: 10_000 },
  gpt2: { ...common, ...dropout, model_type: 'gpt2', tie_word_embeddings: true, layer_norm_epsilon: 1e-5 },
  gptj: { ...common, ...dropout, model_type: 'gptj', tie_word_embeddings: false, layer_norm_epsilon: 1e-5, rotary_dim: 4 },
};

export const ARCHITECTURES = Object.keys(TINY_CONFIGS) as ModelConfig['model_type'][];

/** @param program the parameters' program; absent: an eager one of the model's own */
export function tinyModel(type: ModelConfig['model_type'], seed = 1, program?: Program): LanguageModel {
  return createModel({ ...TINY_CONFIGS[type] }, program ? { seed, program } : { seed });
}

/** Ids that no two places of a batch share a pattern in. */
export function tinyIds(count: number): Int32Array {
  return Int32Array.from({ length: count }, (_, i) => 3 + ((i * 31 + (i >> 3) * 7) % 47));
}

export function readParameters(model: LanguageModel): Float32Array {
  const parts = [...model.parameters.values()].map((parameter) => model.program.read(parameter));
  const all = new Float32Array(parts.reduce((sum, part) => sum + part.length, 0));
  let at = 0;
  for (const part of parts) {
    all.set(part, at);
    at += part.length;
  }
  return all;
}
