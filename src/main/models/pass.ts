/** What one forward pass of any architecture has about it: its dropout masks, the adapters it runs with, who looks on. */
import { tf, type Tensor2D, type Tensor4D } from '../tensorflow/tf.ts';
import { Dropout } from './dropout.ts';
import type { Adapters, ForwardOptions, Layout } from './languageModel.ts';

export class Pass {
  readonly dropout: Dropout;
  readonly layout: Layout | undefined;
  readonly #adapters: Adapters | undefined;
  readonly #onAttention: ForwardOptions['onAttention'];
  #layer = 0;

  constructor({ dropoutSeed, adapters, layout, onAttention }: ForwardOptions) {
    this.dropout = new Dropout(dropoutSeed);
    this.layout = layout;
    this.#adapters = adapters;
    this.#onAttention = onAttention;
  }

  /** The next layer's attention weights [B, A, T, T], shown to whoever looks on, then with dropout of that rate. */
  attention(weights: Tensor4D, rate = 0): Tensor4D {
    this.#onAttention?.(this.#layer++, weights);
    return this.dropout.apply(weights, rate);
  }

  /**
   * A projection's output, with what an adapter of that module adds to it.
   * @param module Hugging Face's name, e.g. "model.layers.0.self_attn.q_proj"
   * @param x its input, [N, in]
   * @param y its own output, [N, out]
   */
  adapted(module: string, x: Tensor2D, y: Tensor2D): Tensor2D {
    const delta = this.#adapters?.delta(module, x, this.dropout);
    return delta ? tf.add<Tensor2D>(y, delta) : y;
  }
}
