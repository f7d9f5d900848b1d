/** A model's shape, in the terms of its Hugging Face config.json, normalised over the three architectures. */

interface CommonConfig {
  vocab_size: number;
  /** Positions the model can take (n_positions / max_position_embeddings). */
  max_positions: number;
  hidden_size: number;
  /** Feed-forward width. */
  intermediate_size: number;
  n_layer: number;
  n_head: number;
  tie_word_embeddings: boolean;
  initializer_range: number;
  bos_token_id: number;
  eos_token_id: number;
  pad_token_id: number | null;
}

export interface DropoutConfig {
  resid_pdrop: number;
  embd_pdrop: number;
  attn_pdrop: number;
}

export interface LlamaConfig extends CommonConfig {
  model_type: 'llama';
  rms_norm_eps: number;
  rope_theta: number;
}

export interface Gpt2Config extends CommonConfig, DropoutConfig {
  model_type: 'gpt2';
  layer_norm_epsilon: number;
}

export interface GptJConfig extends CommonConfig, DropoutConfig {
  model_type: 'gptj';
  layer_norm_epsilon: number;
  rotary_dim: number;
}

export type ModelConfig = LlamaConfig | Gpt2Config | GptJConfig;
