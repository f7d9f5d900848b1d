/**
 * Log-probabilities of token sequences under a model, many at a time.
 *
 * What makes it fast and changes no number: sequences of like length share a batch, so that hardly a position is padding; identical
 * sequences are computed once; the vocabulary head runs only on positions that are scored, and only once for the beginning that
 * neighbours in a batch share, as the two sentences of a minimal pair do.
 */
import { setImmediate } from 'node:timers/promises';
import { CriaError } from '../../shared/errors.ts';
import type { LanguageModel } from '../models/languageModel.ts';
import { logSoftmax } from '../tensorflow/ops.ts';
import { tf, type Tensor, type Tensor2D } from '../tensorflow/tf.ts';

export interface ScoredSequence {
  /** Context and continuation together. */
  ids: ArrayLike<number>;
  /** Index of the first scored token; at least 1, as the first token of all has nothing before it. */
  scoredFrom: number;
}

export interface ScoreOptions {
  /** Positions in one forward pass, padding included. */
  tokensPerBatch?: number;
  /** Told how many of the given sequences are finished, after each batch. */
  onProgress?: (done: number, total: number) => void;
  /** Looked at between batches. */
  signal?: AbortSignal;
  /** One byte per sequence, set to 1 where each scored token is the model's first choice (lm_eval's is_greedy). Costs an argmax. */
  greedy?: Uint8Array;
}

const TOKENS_PER_BATCH = 2048;

/**
 * Elements of the largest logits tensor. Just under 32 MiB of float32: glibc reuses blocks up to that size and asks the system for
 * larger ones anew each time, whose page faults take longer than the log-softmax.
 */
const LOGITS_PER_CHUNK = 8_000_000;

/** A sequence ready for the model, and which of the caller's sequences it stands for. */
interface Job {
  ids: Int32Array;
  scoredFrom: number;
  owners: number[];
}

/**
 * Sum over the scored tokens of log p(token | all before it), in nats: log-softmax in float32, as in the pipeline, summed in float64.
 * Sequences longer than the model's positions lose tokens from the left, as in lm_eval. A sequence without scored tokens gets 0.
 *
 * @returns one sum per sequence, in the given order; independent of what else is scored up to float32 rounding (1e-4)
 * @throws CriaError `bad-model` when an id is outside the model's vocabulary, `bad-input` when a continuation alone exceeds the model's
 *   positions, `non-finite` when the model yields no number, `cancelled`
 */
export async function scoreSequences(
  model: LanguageModel, sequences: readonly ScoredSequence[], options: ScoreOptions = {},
): Promise<Float64Array> {
  const sums = new Float64Array(sequences.length);
  const jobs = prepare(model, sequences);
  let done = 0;
  for (const batch of batches(jobs, options.tokensPerBatch ?? TOKENS_PER_BATCH)) {
    if (options.signal?.aborted) throw new CriaError('cancelled', 'Scoring was stopped.', 'What was scored in full is kept.');
    const { logprobs, greedy } = scoreBatch(model, batch, options.greedy !== undefined);
    batch.forEach((job, i) => {
      for (const owner of job.owners) {
        sums[owner] = logprobs[i]!;
        if (options.greedy) options.greedy[owner] = greedy[i]!;
      }
      done += job.owners.length;
    });
    options.onProgress?.(done, sequences.length);
    await setImmediate(); // Lets a request to stop arrive.
  }
  return sums;
}

/** Checks, cuts to the model's positions, sorts by length and then by tokens (so that shared beginnings meet), merges equal ones. */
function prepare(model: LanguageModel, sequences: readonly ScoredSequence[]): Job[] {
  const { vocab_size: vocabulary, max_positions: positions } = model.config;
  const jobs = sequences.map(({ ids, scoredFrom }, index): Job => {
    if (!Number.isInteger(scoredFrom) || scoredFrom < 1 || scoredFrom > ids.length) {
      throw new RangeError(`sequence ${index}: scoredFrom ${scoredFrom} of ${ids.length} tokens`);
    }
    for (let i = 0; i < ids.length; i++) {
      if (ids[i]! >= vocabulary || ids[i]! < 0) {
        throw new CriaError('bad-model', `Token id ${ids[i]} is outside the model's vocabulary of ${vocabulary}.`,
          'The tokenizer does not belong to this model; put the right tokenizer.json into its folder.');
      }
    }
    const cut = Math.max(0, ids.length - (positions + 1));
    if (ids.length - scoredFrom > positions) {
      throw new CriaError('bad-input', `Sequence ${index + 1} has ${ids.length - scoredFrom} tokens to score, the model takes ${positions}.`,
        'Shorten it, or use a model with more positions.');
    }
    return { ids: Int32Array.from(cut ? Array.prototype.slice.call(ids, cut) : ids), scoredFrom: Math.max(1, scoredFrom - cut), owners: [index] };
  });
  jobs.sort((a, b) => a.ids.length - b.ids.length || compareTokens(a.ids, b.ids) || a.scoredFrom - b.scoredFrom);
  return jobs.filter((job, i) => {
    const before = jobs[i - 1];
    if (!before || before.scoredFrom !== job.scoredFrom || compareTokens(before.ids, job.ids) !== 0) return true;
    before.owners.push(...job.owners);
    job.owners = before.owners; // So that a third equal one is added to the first.
    return false;
  });
}

function compareTokens(a: Int32Array, b: Int32Array): number {
  if (a.length !== b.length) return a.length - b.length;
  const at = commonPrefix(a, b);
  return at === a.length ? 0 : a[at]! - b[at]!;
}

function commonPrefix(a: Int32Array, b: Int32Array): number {
  const end = Math.min(a.length, b.length);
  let i = 0;
  while (i < end && a[i] === b[i]) i++;
  return i;
}

/** Cuts the sorted jobs into batches of at most so many positions (at least one sequence each). */
function* batches(jobs: readonly Job[], tokensPerBatch: number): Generator<Job[]> {
  let batch: Job[] = [];
  for (const job of jobs) {
    if (batch.length > 0 && (batch.length + 1) * (job.ids.length - 1) > tokensPerBatch) {
      yield batch;
      batch = [];
    }
    batch.push(job);
  }
  if (batch.length > 0) yield batch;
}

function scoreBatch(model: LanguageModel, batch: readonly Job[], wantGreedy: boolean): { logprobs: Float64Array; greedy: Uint8Array } {
  const logprobs = new Float64Array(batch.length);
  const greedy = new Uint8Array(batch.length).fill(1);
  const length = Math.max(...batch.map((job) => job.ids.length)) - 1;
  if (length === 0) return { logprobs, greedy };

  const input = new Int32Array(batch.length * length);
  const rows: number[] = []; // Of the flattened [B * T] positions, those whose prediction is scored.
  const targets: number[] = [];
  // slots[i][t]: where in `rows` the prediction after position t of sequence i stands. The beginning that sequence i has in common with
  // its predecessor has the same predictions, so it shares the slots.
  const slots: Int32Array[] = [];
  batch.forEach((job, i) => {
    const last = job.ids.length - 1;
    input.set(job.ids.subarray(0, last), i * length);
    const own = new Int32Array(last).fill(-1);
    const before = batch[i - 1];
    const shared = before ? commonPrefix(before.ids, job.ids) - 1 : 0;
    for (let t = 0; t < shared; t++) own[t] = slots[i - 1]![t]!;
    for (let t = job.scoredFrom - 1; t < last; t++) {
      if (own[t]! >= 0) continue;
      own[t] = rows.length;
      rows.push(i * length + t);
      targets.push(job.ids[t + 1]!);
    }
    slots.push(own);
  });

  const { predicted, choices } = tf.tidy(() => {
    const hidden = model.hiddenStates(tf.tensor2d(input, [batch.length, length], 'int32'));
    const flat = hidden.reshape([batch.length * length, hidden.shape[2]]) as Tensor2D;
    return predictions(model, flat, rows, targets, wantGreedy);
  });
  batch.forEach((job, i) => {
    for (let t = job.scoredFrom - 1; t < job.ids.length - 1; t++) {
      const slot = slots[i]![t]!;
      logprobs[i]! += predicted[slot]!;
      if (wantGreedy && choices[slot] !== targets[slot]) greedy[i] = 0;
    }
    if (!Number.isFinite(logprobs[i]!)) {
      throw new CriaError('non-finite', 'The model gives log-probabilities that are not finite.', 'Its weights are damaged or its training diverged.');
    }
  });
  return { logprobs, greedy };
}

/** log p(target) at the given rows of hidden states [N, H], a bounded number of logits at a time; the likeliest tokens if asked for. */
function predictions(
  model: LanguageModel, hidden: Tensor2D, rows: readonly number[], targets: readonly number[], wantChoices: boolean,
): { predicted: Float32Array; choices: Int32Array } {
  const predicted = new Float32Array(rows.length);
  const choices = new Int32Array(wantChoices ? rows.length : 0);
  const chunk = Math.max(1, Math.floor(LOGITS_PER_CHUNK / model.config.vocab_size));
  for (let start = 0; start < rows.length; start += chunk) {
    tf.tidy(() => {
      const end = Math.min(rows.length, start + chunk);
      const logits = model.head(tf.gather(hidden, tf.tensor1d(rows.slice(start, end), 'int32')));
      predicted.set(targetLogprobs(logits, targets.slice(start, end)).dataSync(), start);
      if (wantChoices) choices.set(logits.argMax(-1).dataSync(), start);
    });
  }
  return { predicted, choices };
}

/**
 * Logits [N, V] and targets int32 [N] -> log softmax(logits)[target], float32 [N]. TensorFlow's own kernel makes one pass where tfjs'
 * logSoftmax makes five, and was faster here than SparseSoftmaxCrossEntropyWithLogits, which also computes a gradient.
 */
function targetLogprobs(logits: Tensor2D, targets: readonly number[]): Tensor {
  const places = Int32Array.from({ length: 2 * targets.length }, (_, i) => (i % 2 === 0 ? i / 2 : targets[(i - 1) / 2]!));
  return tf.gatherND(logSoftmax(logits), tf.tensor2d(places, [targets.length, 2], 'int32'));
}
