/**
 * GPT-J as Hugging Face's GPTJForCausalLM: one layer norm per block feeds attention and feed-forward in parallel, rotary positions
 * (interleaved) on the first rotary_dim dimensions of a head, attention without biases, head with one, dropout.
 * Shapes in comments: B sequences, T positions, N = B*T, H hidden size, A heads, D = H/A, R rotary_dim, V vocabulary.
 */
import { tf, type Tensor, type Tensor1D, type Tensor2D, type Tensor3D, type Tensor4D, type Variable } from '../tensorflow/tf.ts';
import { BaseModel, type ModelParts } from './baseModel.ts';
import type { ForwardOptions } from './languageModel.ts';
import { attend, embed, geluNew, layerNorm, linear, splitHeads } from './layers.ts';
import type { GptJConfig } from './modelConfig.ts';
import { Pass } from './pass.ts';
import { rotaryTables, rotate, tablesAt, type RotaryTables } from './rotary.ts';
import { causalMask, Tables } from './tables.ts';

const ROPE_THETA = 10_000;

/** What attention has to know of the tokens' places. */
interface Where {
  rotary: RotaryTables;
  visible: Tensor;
}

export class GptJ extends BaseModel<GptJConfig> {
  readonly #tables: Tables<RotaryTables & { visible: Tensor }>;

  constructor(parts: ModelParts<GptJConfig>) {
    super(parts);
    const { config } = parts;
    this.#tables = new Tables((length) => ({ visible: causalMask(length), ...rotaryTables(length, config.rotary_dim, ROPE_THETA, 'interleaved') }));
  }

  hiddenStates(ids: Tensor2D, options: ForwardOptions = {}): Tensor3D {
    const pass = new Pass(options);
    const { dropout } = pass;
    const [batch, length] = ids.shape;
    const { hidden_size, n_layer, embd_pdrop, resid_pdrop } = this.config;
    const where = this.#where(batch, length, pass);
    let x = dropout.apply(embed(this.weight('wte.weight'), tf.reshape(ids, [-1]) as Tensor1D), embd_pdrop); // (N, H)
    for (let layer = 0; layer < n_layer; layer++) {
      const at = `h.${layer}`;
      const normed = this.#norm(x, `${at}.ln_1`);
      const attended = dropout.apply(this.#attention(normed, at, batch, where, pass), resid_pdrop);
      const fed = dropout.apply(this.#feedForward(normed, at, pass), resid_pdrop);
      x = tf.add(tf.add(attended, fed), x);
    }
    return tf.reshape(this.#norm(x, 'ln_f'), [batch, length, hidden_size]); // (B, T, H)
  }

  head<T extends Tensor>(hidden: T): T {
    const { hidden_size, vocab_size, tie_word_embeddings } = this.config;
    const weight = tie_word_embeddings ? this.weight('wte.weight') : this.parameters.get('lm_head.weight')!;
    const logits = linear(tf.reshape(hidden, [-1, hidden_size]), weight, this.parameters.get('lm_head.bias')!); // (N, V)
    return tf.reshape(logits, [...hidden.shape.slice(0, -1), vocab_size]) as Tensor as T;
  }

  #attention(x: Tensor2D, at: string, batch: number, { rotary, visible }: Where, pass: Pass): Tensor2D {
    const { hidden_size, n_head, attn_pdrop } = this.config;
    const heads = (name: string) => splitHeads(this.#project(x, `${at}.attn.${name}`, pass), batch, n_head); // (B, A, T, D)
    const q = tf.mul<Tensor4D>(this.#rotateFirst(heads('q_proj'), rotary), 1 / Math.sqrt(hidden_size / n_head));
    const k = this.#rotateFirst(heads('k_proj'), rotary);
    const attended = attend(q, k, heads('v_proj'), visible, (weights) => pass.attention(weights, attn_pdrop));
    return this.#project(attended, `${at}.attn.out_proj`, pass);
  }

  /** Rotary tables and mask of this pass. */
  #where(batch: number, length: number, { layout }: Pass): Where {
    const { cos, sin, visible } = this.#tables.for(layout ? this.config.max_positions : length);
    if (!layout) return { rotary: { cos: cos!, sin: sin! }, visible };
    return { rotary: tablesAt({ cos: cos!, sin: sin! }, layout.positions, batch), visible: layout.visible };
  }

  /** Rotates the first R dimensions of x [B, A, T, D] and leaves the rest. */
  #rotateFirst(x: Tensor4D, rotary: RotaryTables): Tensor4D {
    const rest = x.shape[3] - this.config.rotary_dim;
    if (rest === 0) return rotate(x, rotary, 'interleaved');
    const [turning, still] = tf.split(x, [this.config.rotary_dim, rest], 3) as [Tensor4D, Tensor4D];
    return tf.concat([rotate(turning, rotary, 'interleaved'), still], 3);
  }

  #feedForward(x: Tensor2D, at: string, pass: Pass): Tensor2D {
    const wide = this.#project(x, `${at}.mlp.fc_in`, pass); // (N, 4H)
    return this.#project(geluNew(wide), `${at}.mlp.fc_out`, pass);
  }

  /** Attention's projections have no bias. */
  #project(x: Tensor2D, name: string, pass: Pass): Tensor2D {
    const bias = this.parameters.get(`transformer.${name}.bias`);
    return pass.adapted(`transformer.${name}`, x, linear(x, this.weight(`${name}.weight`), bias));
  }

  #norm(x: Tensor2D, name: string): Tensor2D {
    return layerNorm(x, this.weight(`${name}.weight`), this.weight(`${name}.bias`), this.config.layer_norm_epsilon);
  }

  protected override weight(name: string): Variable {
    return super.weight(`transformer.${name}`);
  }

  override dispose(): void {
    this.#tables.dispose();
    super.dispose();
  }
}
