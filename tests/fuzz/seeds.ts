/** Model configs for seeds: as tests/support/tinyModels.ts has them, without loading TensorFlow. */
import type { ModelConfig } from '../../src/main/models/modelConfig.ts';

const common = {
  vocab_size: 50, max_positions: 32, hidden_size: 16, intermediate_size: 64, n_layer: 2, n_head: 2, initializer_range: 0.02,
  bos_token_id: 1, eos_token_id: 2, pad_token_id: 0,
};
const dropout = { resid_pdrop: 0.1, embd_pdrop: 0.1, attn_pdrop: 0.1 };

export const TINY_SHAPES: readonly ModelConfig[] = [
  { ...common, model_type: 'llama', tie_word_embeddings: false, rms_norm_eps: 1e-6, rope_theta: 10_000 },
  { ...common, ...dropout, model_type: 'gpt2', tie_word_embeddings: true, layer_norm_epsilon: 1e-5 },
  { ...common, ...dropout, model_type: 'gptj', tie_word_embeddings: false, layer_norm_epsilon: 1e-5, rotary_dim: 4 },
];
