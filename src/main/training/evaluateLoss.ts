/** The eval loss: mean cross-entropy over held-out sequences, without dropout. */
import { setImmediate } from 'node:timers/promises';
import type { EvaluationSequences } from '../corpus/batches.ts';
import type { LanguageModel } from '../models/languageModel.ts';
import { sparseCrossEntropy } from '../tensorflow/ops.ts';
import type { ProgramFunction } from '../tensorflow/program.ts';
import { tf, type Tensor1D, type Tensor2D } from '../tensorflow/tf.ts';
import { shiftLabels } from './loss.ts';

export interface EvaluateLossOptions {
  /** Only the first so many sequences. */
  limit?: number;
  onProgress?: (done: number, total: number) => void;
}

export class EvalLoss {
  readonly #model: LanguageModel;
  readonly #sequences: EvaluationSequences;
  readonly #length: number;
  readonly #batchSize: number;
  readonly #sum: ProgramFunction<'ids' | 'labels' | 'weights', 'sum'>;

  /**
   * @param sequences each of `length` tokens
   * @param batchSize sequences in one forward pass
   */
  constructor(model: LanguageModel, sequences: EvaluationSequences, { length, batchSize }: { length: number; batchSize: number }) {
    this.#model = model;
    this.#sequences = sequences;
    this.#length = length;
    this.#batchSize = Math.min(batchSize, sequences.length);
    this.#sum = model.program.function('evaluate', ({ ids, labels, weights }) => {
      const logits = tf.reshape(model.logits(ids as Tensor2D), [ids.size, -1]) as Tensor2D;
      const { nll } = sparseCrossEntropy(logits, labels as Tensor1D);
      return { sum: tf.sum(tf.mul(nll, weights)) };
    });
    const positions = this.#batchSize * length;
    this.#sum.prepare({
      ids: { dtype: 'int32', shape: [this.#batchSize, length] },
      labels: { dtype: 'int32', shape: [positions] },
      weights: { dtype: 'float32', shape: [positions] },
    });
  }

  /** Nats per predicted token, summed in float64 over all sequences. */
  async measure({ limit = Infinity, onProgress }: EvaluateLossOptions = {}): Promise<number> {
    const total = Math.min(limit, this.#sequences.length);
    let sum = 0;
    let tokens = 0;
    for (let start = 0; start < total; start += this.#batchSize) {
      const batch = this.#sumOf(start, Math.min(this.#batchSize, total - start));
      sum += batch.sum;
      tokens += batch.tokens;
      onProgress?.(Math.min(total, start + this.#batchSize), total);
      await setImmediate(); // Lets a request to stop arrive.
    }
    return sum / Math.max(1, tokens);
  }

  #sumOf(start: number, count: number): { sum: number; tokens: number } {
    const found = this.#sequences.batch(start, count);
    const labels = shiftLabels(found, this.#length, this.#model.config.pad_token_id);
    // The last batch is filled up with sequences that do not count, so that all have one shape.
    const size = this.#batchSize * this.#length;
    const filled = <A extends Int32Array | Float32Array>(values: A, all: A): A => {
      all.set(values);
      return all;
    };
    const { sum } = this.#sum.run({
      ids: { shape: [this.#batchSize, this.#length], values: filled(found, new Int32Array(size)) },
      labels: { shape: [size], values: filled(labels.ids, new Int32Array(size)) },
      weights: { shape: [size], values: filled(labels.weights, new Float32Array(size)) },
    });
    return { sum: sum[0]!, tokens: labels.counted };
  }
}
