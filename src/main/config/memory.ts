/**
 * Memory that a run takes, reckoned from its config. The numbers of compiled runs are fitted to the peak resident memory of 19 measured
 * runs (all architectures, 6 to 98 million parameters, 512 to 4,096 tokens at once, float32 and bfloat16; November 2026): each came out
 * within 8 % of what is reckoned here. Half precision hardly changes the peak, because variables and what is kept between ops stay float32.
 */
import type { RunConfig } from '../../shared/config.ts';

const FLOAT32 = 4;
const HALF = 2;

/** TensorFlow and Node, code and buffers. */
const BASE_BYTES = 525e6;
/** A parameter's weight, gradient and two moments, and what an update holds in between. */
const COPIES_OF_PARAMETERS = 5.6;
/** Accumulation adds up gradients beside them. */
const COPIES_OF_SUMS = 1;
/** A token's tensors in each block, by their width: the hidden size, the feed-forward width, all heads' attention rows. */
const PER_BLOCK = { hidden: 7.1, width: 3.4, attention: 1.85 };
/** A token's tensors as wide as the vocabulary: logits and their gradient; with teachers their logits, the ensemble's and its gradient. */
const PER_VOCABULARY = { training: 1.7, distillation: 9.7 };
/** Op by op, TensorFlow frees later, and more is kept for the gradient. */
const EAGER_PER_BLOCK = { hidden: 10, width: 4, attention: 2 };
const EAGER_PER_VOCABULARY = { training: 3, distillation: 10 };

export interface Sizes {
  /** Of the model in training. */
  parameters: number;
  /** Of all teachers together. */
  teacherParameters: number;
  vocabulary: number;
  /** Teachers' weights are kept in half precision. */
  halfTeachers: boolean;
}

/** Bytes at the highest; on a GPU, most of it lies there. */
export function memoryBytes({ model, data, training, distillation }: RunConfig, { parameters, teacherParameters, vocabulary, halfTeachers }: Sizes): number {
  const tokens = (training.batch_size / training.gradient_accumulation_steps) * data.seq_length; // B*T of a part
  const width = model.type === 'Llama' ? (model.intermediate_size ?? 4 * model.hidden_size) : 4 * model.hidden_size;
  const block = training.eager ? EAGER_PER_BLOCK : PER_BLOCK;
  const perVocabulary = (training.eager ? EAGER_PER_VOCABULARY : PER_VOCABULARY)[distillation ? 'distillation' : 'training'];
  const perToken = model.n_layer * (block.hidden * model.hidden_size + block.width * width + block.attention * model.n_head * data.seq_length) + perVocabulary * vocabulary;
  const copies = COPIES_OF_PARAMETERS + (training.gradient_accumulation_steps > 1 ? COPIES_OF_SUMS : 0);
  return BASE_BYTES + FLOAT32 * (copies * parameters + tokens * perToken) + (halfTeachers ? HALF : FLOAT32) * teacherParameters;
}
