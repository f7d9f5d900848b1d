/**
 * A language model with a classifier on top, as Hugging Face's ...ForSequenceClassification: a linear layer without bias on the last
 * token's hidden state. Shapes in comments: B sequences, T positions, H hidden size, K classes.
 */
import type { Adapters, LanguageModel } from '../models/languageModel.ts';
import type { ModelConfig } from '../models/modelConfig.ts';
import { Random } from '../random.ts';
import { gatherRows } from '../tensorflow/ops.ts';
import { tf, type Tensor, type Tensor1D, type Tensor2D, type Variable } from '../tensorflow/tf.ts';
import type { LoraAdapters } from './lora.ts';

/** The classifier's name in Hugging Face's folders. */
export const SCORE = 'score.weight';

export class Classifier {
  readonly model: LanguageModel;
  /** [K, H] */
  readonly score: Variable;
  readonly adapters: LoraAdapters | null;

  /**
   * @param adapters present: the model is frozen, and only they and the classifier are trained
   */
  constructor(model: LanguageModel, score: Variable, adapters: LoraAdapters | null) {
    this.model = model;
    this.score = score;
    this.adapters = adapters;
  }

  get classes(): number {
    return this.score.shape[0]!;
  }

  /** What is trained, by Hugging Face's (adapters: PEFT's) names. The language model's head takes no part. */
  get trained(): ReadonlyMap<string, Variable> {
    const base = this.adapters?.parameters ?? this.body;
    return new Map([...base, [SCORE, this.score]]);
  }

  /** The model without its head. */
  get body(): ReadonlyMap<string, Variable> {
    return new Map([...this.model.parameters].filter(([name]) => !name.startsWith('lm_head.')));
  }

  /**
   * Class logits [B, K].
   * @param ids int32 [B, T], padded on the right
   * @param last int32 [B], place of each sequence's last token among all B * T
   * @param dropoutSeed int32 [2] while training
   */
  logits(ids: Tensor2D, last: Tensor1D, dropoutSeed?: Tensor): Tensor2D {
    const [batch, length] = ids.shape;
    const options = { ...(dropoutSeed ? { dropoutSeed } : {}), ...(this.adapters ? { adapters: this.adapters as Adapters } : {}) };
    const hidden = tf.reshape(this.model.hiddenStates(ids, options), [batch * length, -1]) as Tensor2D; // (B*T, H)
    const final = gatherRows(hidden, last); // (B, H)
    return tf.matMul(final, this.score as Tensor as Tensor2D, false, true);
  }
}

/** A new classifier's weight, N(0, initializer_range) as Hugging Face draws it; [K, H]. */
export function createScore({ program, config }: LanguageModel, classes: number, seed: number): Variable {
  return program.variable([classes, config.hidden_size], () => initialScore(config, classes, seed));
}

/** First values of a classifier, [K * H] row by row. */
export function initialScore({ hidden_size: width, initializer_range: deviation }: ModelConfig, classes: number, seed: number): Float32Array {
  const random = new Random(seed, `weights ${SCORE}`);
  return Float32Array.from({ length: classes * width }, () => deviation * random.normal());
}
