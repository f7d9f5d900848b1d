/** What one forward pass of any architecture has about it: its dropout masks and the adapters it runs with. */
import { tf, type Tensor2D } from '../tensorflow/tf.ts';
import { Dropout } from './dropout.ts';
import type { Adapters, ForwardOptions, Layout } from './languageModel.ts';

export class Pass {
  readonly dropout: Dropout;
  readonly layout: Layout | undefined;
  readonly #adapters: Adapters | undefined;

  constructor({ dropoutSeed, adapters, layout }: ForwardOptions) {
    this.dropout = new Dropout(dropoutSeed);
    this.layout = layout;
    this.#adapters = adapters;
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
