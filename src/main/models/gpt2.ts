/**
 * GPT-2 as Hugging Face's GPT2LMHeadModel: pre-norm blocks with layer norm, learned positions, gelu_new, biases, dropout.
 * Shapes in comments: B sequences, T positions, N = B*T, H hidden size, A heads, D = H/A, V vocabulary.
 */
import { tf, type Tensor, type Tensor1D, type Tensor2D, type Tensor3D, type Variable } from '../tensorflow/tf.ts';
import { BaseModel } from './baseModel.ts';
import type { ForwardOptions } from './languageModel.ts';
import { attend, conv1d, embed, geluNew, layerNorm, linear, splitHeads } from './layers.ts';
import type { Gpt2Config } from './modelConfig.ts';
import { Pass } from './pass.ts';
import { causalMask, Tables } from './tables.ts';

export class Gpt2 extends BaseModel<Gpt2Config> {
  readonly #tables = new Tables((length) => ({ visible: causalMask(length) as Tensor }));

  hiddenStates(ids: Tensor2D, options: ForwardOptions = {}): Tensor3D {
    const pass = new Pass(options);
    const { dropout } = pass;
    const [batch, length] = ids.shape;
    const { hidden_size, n_layer, embd_pdrop, resid_pdrop } = this.config;
    const tokens = embed(this.weight('wte.weight'), tf.reshape(ids, [-1]) as Tensor1D); // (N, H)
    const table = this.weight('wpe.weight');
    const positions = pass.layout
      ? tf.reshape(embed(table, pass.layout.positions), [batch, length, hidden_size])
      : tf.slice(table as Tensor, [0, 0], [length, hidden_size]); // (T, H)
    const sum = tf.add(tf.reshape(tokens, [batch, length, hidden_size]), positions);
    let x = dropout.apply(tf.reshape(sum, [-1, hidden_size]) as Tensor2D, embd_pdrop);
    for (let layer = 0; layer < n_layer; layer++) {
      const at = `h.${layer}`;
      const attended = this.#attention(this.#norm(x, `${at}.ln_1`), at, batch, length, pass);
      x = tf.add(x, dropout.apply(attended, resid_pdrop));
      const fed = this.#feedForward(this.#norm(x, `${at}.ln_2`), at, pass);
      x = tf.add(x, dropout.apply(fed, resid_pdrop));
    }
    return tf.reshape(this.#norm(x, 'ln_f'), [batch, length, hidden_size]); // (B, T, H)
  }

  head<T extends Tensor>(hidden: T): T {
    const { hidden_size, vocab_size, tie_word_embeddings } = this.config;
    const weight = tie_word_embeddings ? this.weight('wte.weight') : this.parameters.get('lm_head.weight')!;
    const logits = linear(tf.reshape(hidden, [-1, hidden_size]), weight); // (N, V)
    return tf.reshape(logits, [...hidden.shape.slice(0, -1), vocab_size]) as Tensor as T;
  }

  #attention(x: Tensor2D, at: string, batch: number, length: number, pass: Pass): Tensor2D {
    const { hidden_size, n_head, attn_pdrop } = this.config;
    const projected = this.#project(x, `${at}.attn.c_attn`, pass); // (N, 3H)
    const [q, k, v] = tf.split(projected, 3, 1) as [Tensor2D, Tensor2D, Tensor2D];
    const scaled = tf.mul<Tensor2D>(q, 1 / Math.sqrt(hidden_size / n_head));
    const heads = (y: Tensor2D) => splitHeads(y, batch, n_head); // (B, A, T, D)
    const attended = attend(heads(scaled), heads(k), heads(v), pass.layout?.visible ?? this.#tables.for(length).visible, (weights) => pass.attention(weights, attn_pdrop));
    return this.#project(attended, `${at}.attn.c_proj`, pass);
  }

  #feedForward(x: Tensor2D, at: string, pass: Pass): Tensor2D {
    const wide = this.#project(x, `${at}.mlp.c_fc`, pass); // (N, 4H)
    return this.#project(geluNew(wide), `${at}.mlp.c_proj`, pass);
  }

  #project(x: Tensor2D, name: string, pass: Pass): Tensor2D {
    return pass.adapted(`transformer.${name}`, x, conv1d(x, this.weight(`${name}.weight`), this.weight(`${name}.bias`)));
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
