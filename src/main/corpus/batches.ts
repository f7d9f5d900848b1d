/** From a token file to the sequences that a model is trained and evaluated on (timinar/BabyLlama, babylm_dataset.py). */
import { CriaError } from '../../shared/errors.ts';
import { counterRandom } from './counterRandom.ts';
import { PythonRandom } from './pythonRandom.ts';
import type { TokenFile } from './tokenFile.ts';

/** The part of a token file that batches are read from. */
export type Tokens = Pick<TokenFile, 'path' | 'length' | 'read'>;

/** The seed of the recipe's evaluation subset. */
const EVALUATION_SEED = 2023;

export interface BatchOptions {
  /** Tokens in a sequence. */
  seqLength: number;
  /** Sequences in a batch, all accumulation steps together. */
  batchSize: number;
  seed: number;
}

/**
 * The training set: N / L - 1 items for N tokens and sequence length L. Item i is tokens [iL + o, (i + 1)L + o) with an offset o
 * of 0 to L - 1 that is drawn anew in every epoch, and every epoch goes through all items in a new order.
 *
 * Order and offsets are functions of seed, epoch and place, so a batch can be asked for in any order, and where a run stands is
 * said by (epoch, index) alone.
 */
export class TrainingBatches {
  readonly itemsPerEpoch: number;
  /**
   * Optimiser steps in an epoch. What is left at the epoch's end is a last, smaller batch, as in Hugging Face's Trainer: its loader
   * keeps the remainder, and an incomplete accumulation is a step too.
   */
  readonly stepsPerEpoch: number;
  readonly #tokens: Tokens;
  readonly #options: BatchOptions;
  #order: { epoch: number; items: Uint32Array } | null = null;

  /** @throws CriaError `bad-input` when the text is too short for one item */
  constructor(tokens: Tokens, options: BatchOptions) {
    const { seqLength, batchSize } = options;
    this.#tokens = tokens;
    this.#options = options;
    this.itemsPerEpoch = Math.floor(tokens.length / seqLength) - 1;
    this.stepsPerEpoch = Math.ceil(this.itemsPerEpoch / batchSize);
    // One sequence of room is kept for the offset.
    if (this.itemsPerEpoch < 1) throw tooShort('training text', tokens, 2 * seqLength, seqLength);
  }

  /**
   * @param epoch from 0
   * @param index 0 to stepsPerEpoch - 1
   * @returns ids, [rows, seqLength] in row order; rows is batchSize but for the epoch's last batch
   */
  batch(epoch: number, index: number): Int32Array {
    const { seqLength, batchSize, seed } = this.#options;
    if (index < 0 || index >= this.stepsPerEpoch) throw new RangeError(`batch ${index} of ${this.stepsPerEpoch}`);
    const order = this.#orderOf(epoch);
    const first = index * batchSize;
    const rows = Math.min(batchSize, this.itemsPerEpoch - first);
    const ids = new Int32Array(rows * seqLength);
    for (let row = 0; row < rows; row++) {
      const offset = counterRandom(seed, 'offset', epoch, first + row, seqLength);
      ids.set(this.#tokens.read(order[first + row]! * seqLength + offset, seqLength), row * seqLength);
    }
    return ids;
  }

  /** The order of an epoch's items: a Fisher-Yates shuffle. */
  #orderOf(epoch: number): Uint32Array {
    if (this.#order?.epoch === epoch) return this.#order.items;
    const items = Uint32Array.from({ length: this.itemsPerEpoch }, (_, i) => i);
    for (let i = items.length - 1; i > 0; i--) {
      const j = counterRandom(this.#options.seed, 'order', epoch, i, i + 1);
      const item = items[i]!;
      items[i] = items[j]!;
      items[j] = item;
    }
    this.#order = { epoch, items };
    return items;
  }
}

/**
 * The evaluation set: N / L sequences without offset, of which some are drawn once, the same ones and in the same order as the
 * original's `random.seed(2023); sample(range(N // L), samples)`.
 */
export class EvaluationSequences {
  /** Sequences in use. */
  readonly length: number;
  /** Sequences that the text has. */
  readonly available: number;
  readonly #tokens: Tokens;
  readonly #seqLength: number;
  readonly #chosen: readonly number[];

  /**
   * @param samples how many to draw; when the text has fewer, all are used (see {@link available})
   * @throws CriaError `bad-input` when the text is shorter than one sequence
   */
  constructor(tokens: Tokens, { seqLength, samples }: { seqLength: number; samples: number }) {
    this.available = Math.floor(tokens.length / seqLength);
    if (this.available < 1) throw tooShort('evaluation text', tokens, seqLength, seqLength);
    this.length = Math.min(samples, this.available);
    this.#tokens = tokens;
    this.#seqLength = seqLength;
    this.#chosen = new PythonRandom(EVALUATION_SEED).sample(this.available, this.length);
  }

  /** Sequences [start, start + rows) as ids, [rows, seqLength] in row order; fewer rows at the end. */
  batch(start: number, rows: number): Int32Array {
    const chosen = this.#chosen.slice(start, start + rows);
    const ids = new Int32Array(chosen.length * this.#seqLength);
    chosen.forEach((item, row) => ids.set(this.#tokens.read(item * this.#seqLength, this.#seqLength), row * this.#seqLength));
    return ids;
  }
}

function tooShort(what: string, tokens: Tokens, needed: number, seqLength: number): CriaError {
  return new CriaError('bad-input', `The ${what} is too short: ${tokens.length} tokens, and sequences of ${seqLength} need at least ${needed}.`,
    'Use a longer text or a smaller data.seq_length.');
}
