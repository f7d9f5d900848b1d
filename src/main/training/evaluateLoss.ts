/** The eval loss: mean cross-entropy over held-out sequences, without dropout. */
import { setImmediate } from 'node:timers/promises';
import type { EvaluationSequences } from '../corpus/batches.ts';
import type { LanguageModel } from '../models/languageModel.ts';
import { sparseCrossEntropy } from '../tensorflow/ops.ts';
import { tf, type Tensor2D } from '../tensorflow/tf.ts';
import { shiftLabels } from './loss.ts';

export interface EvaluateLossOptions {
  /** Tokens in a sequence. */
  length: number;
  /** Sequences in one forward pass. */
  batchSize: number;
  /** Only the first so many sequences. */
  limit?: number;
  onProgress?: (done: number, total: number) => void;
}

/** Nats per predicted token, summed in float64 over all sequences. */
export async function evaluateLoss(model: LanguageModel, sequences: EvaluationSequences, options: EvaluateLossOptions): Promise<number> {
  const { length, batchSize } = options;
  const total = Math.min(options.limit ?? Infinity, sequences.length);
  let sum = 0;
  let tokens = 0;
  for (let start = 0; start < total; start += batchSize) {
    const ids = sequences.batch(start, Math.min(batchSize, total - start));
    const labels = shiftLabels(ids, length, model.config.pad_token_id);
    const batchSum = tf.tidy(() => {
      const logits = tf.reshape(model.logits(tf.tensor2d(ids, [ids.length / length, length], 'int32')), [ids.length, -1]) as Tensor2D;
      const { nll } = sparseCrossEntropy(logits, tf.tensor1d(labels.ids, 'int32'));
      return tf.sum(tf.mul(nll, tf.tensor1d(labels.weights)));
    });
    sum += batchSum.dataSync()[0]!;
    batchSum.dispose();
    tokens += labels.counted;
    options.onProgress?.(Math.min(total, start + batchSize), total);
    await setImmediate(); // Lets a request to stop arrive.
  }
  return sum / Math.max(1, tokens);
}
