/** Continuing a text, token by token. Shapes in comments: T tokens so far, V vocabulary. */
import type { LanguageModel } from '../models/languageModel.ts';
import type { Random } from '../random.ts';
import { tf, type Tensor2D, type Tensor3D } from '../tensorflow/tf.ts';

export interface SamplingOptions {
  /** 0: always the most probable token. */
  temperature: number;
  /** Only the so many most probable tokens may be drawn; 0: all. */
  topK: number;
  /** Only the most probable tokens that together have this probability may be drawn (nucleus sampling, Holtzman et al. 2020); 1: all. */
  topP: number;
}

export interface Drawn {
  id: number;
  /** Log-probabilities (nats) of all tokens at temperature 1, [V]. */
  logProbabilities: Float32Array;
}

const LENGTH_STEP = 32;

/** Log-probabilities of the next token after the given ones, [V]. The context is cut from the left to the model's positions. */
export function nextLogProbabilities(model: LanguageModel, ids: readonly number[]): Float32Array {
  const context = ids.slice(-model.config.max_positions);
  // Models keep tables for each length they have seen. What stands after a position does not change it, so a few lengths do for all.
  const length = Math.min(model.config.max_positions, Math.ceil(context.length / LENGTH_STEP) * LENGTH_STEP);
  const padded = [...context, ...Array<number>(length - context.length).fill(0)];
  const result = tf.tidy(() => {
    const hidden = model.hiddenStates(tf.tensor2d(padded, [1, length], 'int32'));
    const last: Tensor3D = tf.slice(hidden, [0, context.length - 1, 0], [1, 1, -1]);
    return tf.logSoftmax(tf.reshape(model.head(last), [1, -1]) as Tensor2D);
  });
  const values = result.dataSync() as Float32Array;
  result.dispose();
  return values;
}

/** Draws one of the tokens by their log-probabilities, [V], after temperature, top-k and top-p, in that order as transformers has it. */
export function drawToken(logProbabilities: Float32Array, { temperature, topK, topP }: SamplingOptions, random: Random): number {
  const order = Array.from(logProbabilities.keys()).sort((a, b) => logProbabilities[b]! - logProbabilities[a]!);
  if (temperature === 0) return order[0]!;
  const kept = topK > 0 ? order.slice(0, topK) : order;
  const best = logProbabilities[kept[0]!]!;
  const weights = kept.map((id) => Math.exp((logProbabilities[id]! - best) / temperature));
  const total = weights.reduce((sum, weight) => sum + weight, 0);
  // The token that takes the sum past topP is still kept, so that one always is.
  let nucleus = 0;
  let size = 0;
  while (size < kept.length && nucleus < topP * total) nucleus += weights[size++]!;
  let point = random.uniform() * nucleus;
  for (let i = 0; i < size; i++) {
    point -= weights[i]!;
    if (point < 0) return kept[i]!;
  }
  return kept[Math.max(0, size - 1)]!;
}

/** Draws tokens after the prompt until `count` are drawn or one is the end of the text; the end itself is not given. */
export function* generateTokens(model: LanguageModel, prompt: readonly number[], count: number, options: SamplingOptions, random: Random): Generator<Drawn> {
  const ids = [...prompt];
  for (let i = 0; i < count; i++) {
    const logProbabilities = nextLogProbabilities(model, ids);
    const id = drawToken(logProbabilities, options, random);
    if (id === model.config.eos_token_id) return;
    ids.push(id);
    yield { id, logProbabilities };
  }
}
