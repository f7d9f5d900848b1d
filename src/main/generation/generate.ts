/** Continuing a text, token by token. Shapes in comments: T tokens so far, V vocabulary. */
import type { LanguageModel } from '../models/languageModel.ts';
import type { Random } from '../random.ts';
import { gatherRows, logSoftmax } from '../tensorflow/ops.ts';
import type { ProgramFunction } from '../tensorflow/program.ts';
import { tf, type Tensor1D, type Tensor2D } from '../tensorflow/tf.ts';

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

const SHORTEST = 32;

/** What a model says about the token after a text. */
export class NextToken {
  readonly #model: LanguageModel;
  readonly #function: ProgramFunction<'ids' | 'last', 'logProbabilities'>;

  constructor(model: LanguageModel) {
    this.#model = model;
    this.#function = model.program.function('next', ({ ids, last }) => {
      const hidden = model.hiddenStates(ids as Tensor2D); // (1, T, H)
      const row = gatherRows(tf.reshape(hidden, [hidden.shape[1], hidden.shape[2]]), last as Tensor1D); // (1, H)
      return { logProbabilities: logSoftmax(model.head(row)) };
    });
  }

  get endOfText(): number | null {
    return this.#model.config.eos_token_id;
  }

  /** Makes ready for texts of up to so many tokens. */
  prepare(longest: number): void {
    for (const length of this.#lengths(longest)) this.#function.prepare({ ids: { dtype: 'int32', shape: [1, length] }, last: { dtype: 'int32', shape: [1] } });
  }

  /** Log-probabilities of the next token after the given ones, [V]. The context is cut from the left to the model's positions. */
  logProbabilities(ids: readonly number[]): Float32Array {
    const context = ids.slice(-this.#model.config.max_positions);
    const length = this.#lengths(context.length).at(-1)!;
    const padded = new Int32Array(length);
    padded.set(context);
    const run = this.#function.run({ ids: { shape: [1, length], values: padded }, last: { shape: [1], values: Int32Array.of(context.length - 1) } });
    return run.logProbabilities as Float32Array;
  }

  /** What stands after a position does not change it, so that a few lengths do for all: each twice the one before. */
  #lengths(longest: number): number[] {
    const most = this.#model.config.max_positions;
    const lengths = [Math.min(SHORTEST, most)];
    while (lengths.at(-1)! < Math.min(longest, most)) lengths.push(Math.min(2 * lengths.at(-1)!, most));
    return lengths;
  }
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
export function* generateTokens(next: NextToken, prompt: readonly number[], count: number, options: SamplingOptions, random: Random): Generator<Drawn> {
  const ids = [...prompt];
  for (let i = 0; i < count; i++) {
    const logProbabilities = next.logProbabilities(ids);
    const id = drawToken(logProbabilities, options, random);
    if (id === next.endOfText) return;
    ids.push(id);
    yield { id, logProbabilities };
  }
}
