/** Examples in batches: shuffled anew each epoch for training, by length for prediction; right-padded. */
import { Random } from '../random.ts';
import type { Example } from './examples.ts';

/** Lengths that rows are padded to: quarters of the longest. Few, since a step is compiled once for each. */
export function paddedLengths(maxLength: number): number[] {
  const quarter = 8 * Math.ceil(maxLength / 32);
  return [...new Set([1, 2, 3, 4].map((count) => Math.min(maxLength, count * quarter)))];
}

/** B rows of T positions, padded on the right. */
export interface ClassificationBatch {
  /** Token ids, [B * T] row by row. */
  ids: Int32Array;
  /** Place of each row's last token among all B * T, [B]. */
  last: Int32Array;
  /** Class of each row, [B]. */
  labels: Int32Array;
  /** 1 for an example, 0 for a row that only fills the batch up, [B]. */
  weights: Float32Array;
  rows: number;
  length: number;
}

/**
 * Example numbers in the order of an epoch: a seeded shuffle (Fisher and Yates), the same on every machine. Not PyTorch's own order, which
 * follows from its generator.
 */
export function epochOrder(count: number, seed: number, epoch: number): number[] {
  const random = new Random(seed, `examples ${epoch}`);
  const order = Array.from({ length: count }, (_, i) => i);
  for (let i = count - 1; i > 0; i--) {
    const j = random.below(i + 1);
    [order[i], order[j]] = [order[j]!, order[i]!];
  }
  return order;
}

/** Example numbers from short to long, so that a batch has little padding. */
export function lengthOrder(examples: readonly Example[]): number[] {
  return examples.map((_, i) => i).sort((i, j) => examples[i]!.ids.length - examples[j]!.ids.length || i - j);
}

/**
 * Puts examples into one batch. Causal attention never looks right, so how far a row is padded changes nothing in its last token's state;
 * rows of weight 0 fill a batch up to `rows`.
 * @param padId fills up the rows; any id of the vocabulary will do
 * @param maxLength positions that no row exceeds
 */
export function makeBatch(examples: readonly Example[], { rows, padId, maxLength }: { rows: number; padId: number; maxLength: number }): ClassificationBatch {
  const longest = Math.max(1, ...examples.map(({ ids }) => ids.length));
  const length = paddedLengths(maxLength).find((padded) => padded >= longest) ?? maxLength;
  const batch: ClassificationBatch = {
    ids: new Int32Array(rows * length).fill(padId), last: new Int32Array(rows), labels: new Int32Array(rows), weights: new Float32Array(rows), rows, length,
  };
  examples.forEach(({ ids, label }, row) => {
    batch.ids.set(ids, row * length);
    batch.last[row] = row * length + Math.max(0, ids.length - 1);
    batch.labels[row] = label;
    batch.weights[row] = 1;
  });
  return batch;
}
