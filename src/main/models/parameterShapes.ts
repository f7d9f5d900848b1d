/** Names, shapes and order of a model's parameters as Hugging Face has them; from the config alone, without TensorFlow. */
import type { Gpt2Config, GptJConfig, LlamaConfig, ModelConfig } from './modelConfig.ts';

type Shapes = [name: string, shape: number[]][];

/** Linear weights are [out, in], GPT-2's Conv1D weights [in, out]. A tied head is not listed: it is the embedding. */
export function parameterShapes(config: ModelConfig): Map<string, number[]> {
  switch (config.model_type) {
    case 'llama':
      return new Map(llama(config));
    case 'gpt2':
      return new Map(gpt2(config));
    case 'gptj':
      return new Map(gptj(config));
  }
}

/** Exact number of trained parameters; a tied head counts once. */
export function countParameters(config: ModelConfig): number {
  let count = 0;
  for (const shape of parameterShapes(config).values()) count += shape.reduce((product, size) => product * size, 1);
  return count;
}

function layers(count: number, prefix: string, make: (at: string) => Shapes): Shapes {
  return Array.from({ length: count }, (_, layer) => make(`${prefix}.${layer}`)).flat();
}

function llama({ vocab_size: vocabulary, hidden_size: hidden, intermediate_size: width, n_layer, tie_word_embeddings }: LlamaConfig): Shapes {
  return [
    ['model.embed_tokens.weight', [vocabulary, hidden]],
    ...layers(n_layer, 'model.layers', (at) => [
      [`${at}.self_attn.q_proj.weight`, [hidden, hidden]],
      [`${at}.self_attn.k_proj.weight`, [hidden, hidden]],
      [`${at}.self_attn.v_proj.weight`, [hidden, hidden]],
      [`${at}.self_attn.o_proj.weight`, [hidden, hidden]],
      [`${at}.mlp.gate_proj.weight`, [width, hidden]],
      [`${at}.mlp.up_proj.weight`, [width, hidden]],
      [`${at}.mlp.down_proj.weight`, [hidden, width]],
      [`${at}.input_layernorm.weight`, [hidden]],
      [`${at}.post_attention_layernorm.weight`, [hidden]],
    ]),
    ['model.norm.weight', [hidden]],
    ...(tie_word_embeddings ? [] : ([['lm_head.weight', [vocabulary, hidden]]] satisfies Shapes)),
  ];
}

function gpt2({ vocab_size: vocabulary, max_positions, hidden_size: hidden, intermediate_size: width, n_layer, tie_word_embeddings }: Gpt2Config): Shapes {
  return [
    ['transformer.wte.weight', [vocabulary, hidden]],
    ['transformer.wpe.weight', [max_positions, hidden]],
    ...layers(n_layer, 'transformer.h', (at) => [
      [`${at}.ln_1.weight`, [hidden]],
      [`${at}.ln_1.bias`, [hidden]],
      [`${at}.attn.c_attn.weight`, [hidden, 3 * hidden]],
      [`${at}.attn.c_attn.bias`, [3 * hidden]],
      [`${at}.attn.c_proj.weight`, [hidden, hidden]],
      [`${at}.attn.c_proj.bias`, [hidden]],
      [`${at}.ln_2.weight`, [hidden]],
      [`${at}.ln_2.bias`, [hidden]],
      [`${at}.mlp.c_fc.weight`, [hidden, width]],
      [`${at}.mlp.c_fc.bias`, [width]],
      [`${at}.mlp.c_proj.weight`, [width, hidden]],
      [`${at}.mlp.c_proj.bias`, [hidden]],
    ]),
    ['transformer.ln_f.weight', [hidden]],
    ['transformer.ln_f.bias', [hidden]],
    ...(tie_word_embeddings ? [] : ([['lm_head.weight', [vocabulary, hidden]]] satisfies Shapes)),
  ];
}

function gptj({ vocab_size: vocabulary, hidden_size: hidden, intermediate_size: width, n_layer, tie_word_embeddings }: GptJConfig): Shapes {
  return [
    ['transformer.wte.weight', [vocabulary, hidden]],
    ...layers(n_layer, 'transformer.h', (at) => [
      [`${at}.ln_1.weight`, [hidden]],
      [`${at}.ln_1.bias`, [hidden]],
      [`${at}.attn.k_proj.weight`, [hidden, hidden]],
      [`${at}.attn.v_proj.weight`, [hidden, hidden]],
      [`${at}.attn.q_proj.weight`, [hidden, hidden]],
      [`${at}.attn.out_proj.weight`, [hidden, hidden]],
      [`${at}.mlp.fc_in.weight`, [width, hidden]],
      [`${at}.mlp.fc_in.bias`, [width]],
      [`${at}.mlp.fc_out.weight`, [hidden, width]],
      [`${at}.mlp.fc_out.bias`, [hidden]],
    ]),
    ['transformer.ln_f.weight', [hidden]],
    ['transformer.ln_f.bias', [hidden]],
    ...(tie_word_embeddings ? [] : ([['lm_head.weight', [vocabulary, hidden]]] satisfies Shapes)),
    ['lm_head.bias', [vocabulary]],
  ];
}
