/**
 * Llama as Hugging Face's LlamaForCausalLM: pre-norm blocks with RMSNorm, rotary positions, SwiGLU; no biases, no dropout.
 * Shapes in comments: B sequences, T positions, N = B*T, H hidden size, A heads, D = H/A, V vocabulary.
 */
import { tf, type Tensor, type Tensor1D, type Tensor2D, type Tensor3D } from '../tensorflow/tf.ts';
import { BaseModel, type ModelParts } from './baseModel.ts';
import type { ForwardOptions } from './languageModel.ts';
import { attend, embed, linear, rmsNorm, splitHeads, swiglu } from './layers.ts';
import type { LlamaConfig } from './modelConfig.ts';
import { Pass } from './pass.ts';
import { rotaryTables, rotate, tablesAt, type RotaryTables } from './rotary.ts';
import { causalMask, Tables } from './tables.ts';

/** What attention has to know of the tokens' places. */
interface Where {
  query: RotaryTables;
  key: RotaryTables;
  visible: Tensor;
}

export class Llama extends BaseModel<LlamaConfig> {
  readonly #queryTables: Tables<RotaryTables>;
  readonly #keyTables: Tables<RotaryTables>;
  readonly #masks = new Tables((length) => ({ visible: causalMask(length) }));

  constructor(parts: ModelParts<LlamaConfig>) {
    super(parts);
    const { config } = parts;
    const size = config.hidden_size / config.n_head;
    // The queries' tables carry attention's 1 / sqrt(D).
    this.#queryTables = new Tables((length) => rotaryTables(length, size, config.rope_theta, 'half', 1 / Math.sqrt(size)));
    this.#keyTables = new Tables((length) => rotaryTables(length, size, config.rope_theta, 'half'));
  }

  hiddenStates(ids: Tensor2D, options: ForwardOptions = {}): Tensor3D {
    const pass = new Pass(options);
    const [batch, length] = ids.shape;
    const where = this.#where(batch, length, pass);
    let x = embed(this.weight('model.embed_tokens.weight'), tf.reshape(ids, [-1]) as Tensor1D); // (N, H)
    for (let layer = 0; layer < this.config.n_layer; layer++) {
      x = tf.add(x, this.#attention(this.#norm(x, `model.layers.${layer}.input_layernorm`), layer, batch, where, pass));
      x = tf.add(x, this.#feedForward(this.#norm(x, `model.layers.${layer}.post_attention_layernorm`), layer, pass));
    }
    return tf.reshape(this.#norm(x, 'model.norm'), [batch, length, -1]); // (B, T, H)
  }

  head<T extends Tensor>(hidden: T): T {
    const { hidden_size, vocab_size, tie_word_embeddings } = this.config;
    const weight = this.weight(tie_word_embeddings ? 'model.embed_tokens.weight' : 'lm_head.weight');
    const logits = linear(tf.reshape(hidden, [-1, hidden_size]), weight); // (N, V)
    return tf.reshape(logits, [...hidden.shape.slice(0, -1), vocab_size]) as Tensor as T;
  }

  #attention(x: Tensor2D, layer: number, batch: number, { query, key, visible }: Where, pass: Pass): Tensor2D {
    const at = `model.layers.${layer}.self_attn`;
    const heads = (name: string) => splitHeads(this.#project(x, `${at}.${name}`, pass), batch, this.config.n_head); // (B, A, T, D)
    const q = rotate(heads('q_proj'), query, 'half');
    const k = rotate(heads('k_proj'), key, 'half');
    return this.#project(attend(q, k, heads('v_proj'), visible, (weights) => pass.attention(weights)), `${at}.o_proj`, pass); // (N, H)
  }

  /** Rotary tables and mask of this pass. */
  #where(batch: number, length: number, { layout }: Pass): Where {
    if (!layout) return { query: this.#queryTables.for(length), key: this.#keyTables.for(length), visible: this.#masks.for(length).visible };
    const at = (tables: Tables<RotaryTables>) => tablesAt(tables.for(this.config.max_positions), layout.positions, batch);
    return { query: at(this.#queryTables), key: at(this.#keyTables), visible: layout.visible };
  }

  #feedForward(x: Tensor2D, layer: number, pass: Pass): Tensor2D {
    const at = `model.layers.${layer}.mlp`;
    const gate = this.#project(x, `${at}.gate_proj`, pass); // (N, F)
    const up = this.#project(x, `${at}.up_proj`, pass);
    return this.#project(swiglu(gate, up), `${at}.down_proj`, pass); // (N, H)
  }

  #project(x: Tensor2D, module: string, pass: Pass): Tensor2D {
    return pass.adapted(module, x, linear(x, this.weight(`${module}.weight`)));
  }

  #norm(x: Tensor2D, name: string): Tensor2D {
    return rmsNorm(x, this.weight(`${name}.weight`), this.config.rms_norm_eps);
  }

  override dispose(): void {
    for (const tables of [this.#queryTables, this.#keyTables, this.#masks]) tables.dispose();
    super.dispose();
  }
}
