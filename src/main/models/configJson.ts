/** Hugging Face's config.json to and from ModelConfig. What Cria's forward pass does not do is refused, never ignored. */
import { join } from 'node:path';
import { z } from 'zod';
import { CriaError } from '../../shared/errors.ts';
import type { RunConfig } from '../../shared/config.ts';
import { MAX_LAYERS } from '../../shared/configFields.ts';
import { foreignFile, readBounded } from '../disk/foreignFile.ts';
import type { ModelConfig } from './modelConfig.ts';

const size = z.int().min(1).max(1 << 24);
const layers = z.int().min(1).max(MAX_LAYERS);
const tokenId = z.int().min(0).nullish();
const probability = z.number().min(0).max(1);

/** Real ones have a few thousand. */
const MAX_CONFIG_BYTES = 1 << 20;

/** Settings that exist in files but have one value that Cria's forward pass implements. */
function only<T extends string | number | boolean | null>(...values: [T, ...T[]]) {
  return z.literal(values).optional();
}

const common = {
  vocab_size: size,
  initializer_range: z.number().min(0).default(0.02),
  bos_token_id: tokenId,
  eos_token_id: z.union([z.int().min(0), z.array(z.int().min(0)).min(1).transform((ids) => ids[0]!)]).nullish(),
  pad_token_id: tokenId,
};

const ropeParameters = z.object({ rope_theta: z.number().positive().optional(), rope_type: only('default') }).nullish();

const llama = z.object({
  ...common,
  model_type: z.literal('llama'),
  hidden_size: size,
  intermediate_size: size,
  num_hidden_layers: layers,
  num_attention_heads: size,
  num_key_value_heads: size.nullish(),
  head_dim: size.nullish(),
  max_position_embeddings: size.default(2048),
  rms_norm_eps: z.number().positive().default(1e-6),
  rope_theta: z.number().positive().optional(),
  rope_parameters: ropeParameters,
  rope_scaling: z.null().optional(),
  tie_word_embeddings: z.boolean().default(false),
  hidden_act: only('silu'),
  attention_bias: only(false),
  mlp_bias: only(false),
});

const gpt = {
  ...common,
  n_embd: size,
  n_layer: layers,
  n_head: size,
  n_inner: size.nullish(),
  n_positions: size.default(1024),
  layer_norm_epsilon: z.number().positive().default(1e-5),
  activation_function: only('gelu_new'),
  resid_pdrop: probability,
  embd_pdrop: probability,
  attn_pdrop: probability,
};

const gpt2 = z.object({
  ...gpt,
  resid_pdrop: probability.default(0.1),
  embd_pdrop: probability.default(0.1),
  attn_pdrop: probability.default(0.1),
  model_type: z.literal('gpt2'),
  tie_word_embeddings: z.boolean().default(true),
  scale_attn_weights: only(true),
  scale_attn_by_inverse_layer_idx: only(false),
  reorder_and_upcast_attn: only(false),
  add_cross_attention: only(false),
});

const gptj = z.object({
  ...gpt,
  resid_pdrop: probability.default(0),
  embd_pdrop: probability.default(0),
  attn_pdrop: probability.default(0),
  model_type: z.literal('gptj'),
  rotary_dim: size.nullable().default(64),
  tie_word_embeddings: z.boolean().default(false),
});

const SCHEMAS = { llama, gpt2, gptj } as const;

/**
 * Reads and checks a model folder's config.json.
 * @throws CriaError `bad-model` naming the file, the key and what was expected
 */
export function readModelConfig(folder: string): ModelConfig {
  const path = join(folder, 'config.json');
  let json: unknown;
  try {
    json = JSON.parse(readBounded(foreignFile(folder, 'config.json', 'bad-model'), MAX_CONFIG_BYTES, 'bad-model'));
  } catch (error) {
    if (error instanceof CriaError) throw error;
    throw new CriaError('bad-model', `${path} cannot be read as JSON: ${(error as Error).message}`, 'A Hugging Face model folder has a config.json.', { cause: error });
  }
  const type = (json as { model_type?: unknown } | null)?.model_type;
  if (typeof type !== 'string' || !Object.hasOwn(SCHEMAS, type)) {
    throw new CriaError('bad-model', `${path}: model_type is ${JSON.stringify(type)}.`, 'Cria knows llama, gpt2 and gptj.');
  }
  const parsed = SCHEMAS[type as keyof typeof SCHEMAS].safeParse(json);
  if (!parsed.success) {
    const problems = parsed.error.issues.map((issue) => `${issue.path.join('.')}: ${issue.message}`).join('; ');
    throw new CriaError('bad-model', `${path}: ${problems}`, 'Such a model would give other numbers here than in Hugging Face, so it is not loaded.');
  }
  const config = normalise(parsed.data);
  checkShape(config, path);
  return config;
}

function normalise(json: z.infer<typeof llama> | z.infer<typeof gpt2> | z.infer<typeof gptj>): ModelConfig {
  const tokens = { bos_token_id: json.bos_token_id ?? 1, eos_token_id: json.eos_token_id ?? 2, pad_token_id: json.pad_token_id ?? null };
  if (json.model_type === 'llama') {
    const heads = json.num_attention_heads;
    if ((json.num_key_value_heads ?? heads) !== heads || (json.head_dim ?? json.hidden_size / heads) !== json.hidden_size / heads) {
      throw new CriaError('bad-model', 'This Llama has fewer key-value heads than heads, or heads of another size than hidden_size / heads.',
        'Cria does not compute grouped-query attention.');
    }
    return {
      model_type: 'llama',
      vocab_size: json.vocab_size,
      max_positions: json.max_position_embeddings,
      hidden_size: json.hidden_size,
      intermediate_size: json.intermediate_size,
      n_layer: json.num_hidden_layers,
      n_head: heads,
      tie_word_embeddings: json.tie_word_embeddings,
      initializer_range: json.initializer_range,
      ...tokens,
      rms_norm_eps: json.rms_norm_eps,
      rope_theta: json.rope_parameters?.rope_theta ?? json.rope_theta ?? 10_000,
    };
  }
  const shared = {
    vocab_size: json.vocab_size,
    max_positions: json.n_positions,
    hidden_size: json.n_embd,
    intermediate_size: json.n_inner ?? 4 * json.n_embd,
    n_layer: json.n_layer,
    n_head: json.n_head,
    tie_word_embeddings: json.tie_word_embeddings,
    initializer_range: json.initializer_range,
    ...tokens,
    layer_norm_epsilon: json.layer_norm_epsilon,
    resid_pdrop: json.resid_pdrop,
    embd_pdrop: json.embd_pdrop,
    attn_pdrop: json.attn_pdrop,
  };
  if (json.model_type === 'gpt2') return { model_type: 'gpt2', ...shared };
  return { model_type: 'gptj', ...shared, rotary_dim: json.rotary_dim ?? json.n_embd / json.n_head };
}

function checkShape(config: ModelConfig, where: string): void {
  const head = config.hidden_size / config.n_head;
  const problem =
    !Number.isInteger(head) ? `hidden size ${config.hidden_size} cannot be divided among ${config.n_head} heads`
    : config.model_type === 'llama' && head % 2 ? `heads of ${head} dimensions cannot be rotated in pairs`
    : config.model_type === 'gptj' && (config.rotary_dim > head || config.rotary_dim % 2) ? `rotary_dim ${config.rotary_dim} does not fit heads of ${head} dimensions`
    : null;
  if (problem) throw new CriaError('bad-model', `${where}: ${problem}.`, 'Choose a hidden size that is a multiple of the number of heads.');
}

/**
 * The model that a run's config describes, with Hugging Face's defaults for what the recipe leaves open. Positions are twice the
 * sequence length, as the recipe has it.
 * @throws CriaError `bad-model` when the sizes do not fit together
 */
export function modelConfigFromRun({ model, data }: Pick<RunConfig, 'model' | 'data'>, vocabSize: number): ModelConfig {
  const common = {
    vocab_size: vocabSize,
    max_positions: 2 * data.seq_length,
    hidden_size: model.hidden_size,
    n_layer: model.n_layer,
    n_head: model.n_head,
    tie_word_embeddings: model.tie_word_embeddings,
    initializer_range: 0.02,
    bos_token_id: 1,
    eos_token_id: 2,
    pad_token_id: 0,
  };
  const gptCommon = {
    ...common,
    intermediate_size: 4 * model.hidden_size,
    layer_norm_epsilon: 1e-5,
    resid_pdrop: model.resid_pdrop,
    embd_pdrop: model.embd_pdrop,
    attn_pdrop: model.attn_pdrop,
  };
  let config: ModelConfig;
  if (model.type === 'Llama') {
    // 11008 is Hugging Face's default, made for 4096 hidden; without a width of its own the original would use it too.
    config = { model_type: 'llama', ...common, intermediate_size: model.intermediate_size ?? 11_008, rms_norm_eps: 1e-6, rope_theta: 10_000 };
  } else if (model.type === 'GPT2') {
    config = { model_type: 'gpt2', ...gptCommon };
  } else {
    config = { model_type: 'gptj', ...gptCommon, rotary_dim: Math.min(64, model.hidden_size / model.n_head) };
  }
  checkShape(config, `model "${model.name}"`);
  return config;
}

/** What Hugging Face's AutoModelForCausalLM reads, for any of the versions 4 and 5 of transformers. */
export function toConfigJson(config: ModelConfig): Record<string, unknown> {
  const common = {
    model_type: config.model_type,
    vocab_size: config.vocab_size,
    initializer_range: config.initializer_range,
    tie_word_embeddings: config.tie_word_embeddings,
    bos_token_id: config.bos_token_id,
    eos_token_id: config.eos_token_id,
    pad_token_id: config.pad_token_id,
    torch_dtype: 'float32',
    use_cache: true,
  };
  if (config.model_type === 'llama') {
    return {
      architectures: ['LlamaForCausalLM'],
      ...common,
      hidden_size: config.hidden_size,
      intermediate_size: config.intermediate_size,
      num_hidden_layers: config.n_layer,
      num_attention_heads: config.n_head,
      num_key_value_heads: config.n_head,
      head_dim: config.hidden_size / config.n_head,
      max_position_embeddings: config.max_positions,
      rms_norm_eps: config.rms_norm_eps,
      rope_theta: config.rope_theta,
      rope_parameters: { rope_theta: config.rope_theta, rope_type: 'default' },
      hidden_act: 'silu',
      attention_bias: false,
      mlp_bias: false,
    };
  }
  return {
    architectures: [config.model_type === 'gpt2' ? 'GPT2LMHeadModel' : 'GPTJForCausalLM'],
    ...common,
    n_embd: config.hidden_size,
    n_inner: config.intermediate_size === 4 * config.hidden_size ? null : config.intermediate_size,
    n_layer: config.n_layer,
    n_head: config.n_head,
    n_positions: config.max_positions,
    layer_norm_epsilon: config.layer_norm_epsilon,
    activation_function: 'gelu_new',
    resid_pdrop: config.resid_pdrop,
    embd_pdrop: config.embd_pdrop,
    attn_pdrop: config.attn_pdrop,
    ...(config.model_type === 'gptj' ? { rotary_dim: config.rotary_dim } : {}),
  };
}
