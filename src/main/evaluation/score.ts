/**
 * Log-probabilities of token sequences under a model, many at a time.
 *
 * What makes it fast and changes no number: identical sequences are computed once, and so is what sequences share at their beginnings
 * (prefixTrees.ts); rows are filled to the brim, so that hardly a position is padding and one shape does for nearly all; the vocabulary
 * head runs only on positions that are scored.
 */
import { setImmediate } from 'node:timers/promises';
import { CriaError } from '../../shared/errors.ts';
import type { LanguageModel } from '../models/languageModel.ts';
import { gatherRows, logSoftmax } from '../tensorflow/ops.ts';
import type { InputValue, ProgramFunction } from '../tensorflow/program.ts';
import { tf, type Tensor, type Tensor1D, type Tensor2D } from '../tensorflow/tf.ts';
import { compareTokens, layOut, packRows, type Row, type Sequence } from './prefixTrees.ts';

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

/** Positions in a forward pass unless told. */
const TOKENS_PER_BATCH = 1024;

/** Elements of the largest logits tensor, 128 MB of float32: models of large vocabularies get smaller batches. */
const MAX_LOGITS = 32_000_000;

/** Nodes of a row: long enough to share much, short enough for attention over a whole row to cost little. */
const ROW_LENGTH = 128;
const LENGTH_STEP = 32;

/** A sequence ready for the model, and which of the caller's sequences it stands for. */
interface Job extends Sequence {
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
  const isScored = ({ ids, scoredFrom }: Job) => scoredFrom < ids.length;
  const packed = jobs.filter(isScored);
  let done = 0;
  for (const { owners } of jobs.filter((job) => !isScored(job))) {
    for (const owner of owners) options.greedy?.fill(1, owner, owner + 1);
    done += owners.length;
  }
  const scorer = scorerOf(model);
  for (const { rows, length, size } of scorer.plan(packed, options.tokensPerBatch)) {
    if (options.signal?.aborted) throw new CriaError('cancelled', 'Scoring was stopped.', 'What was scored in full is kept.');
    for (const { job, logprob, greedy } of scorer.score(rows, size, length, options.greedy !== undefined)) {
      for (const owner of job.owners) {
        sums[owner] = logprob;
        if (options.greedy) options.greedy[owner] = greedy ? 1 : 0;
      }
      done += job.owners.length;
    }
    options.onProgress?.(done, sequences.length);
    await setImmediate(); // Lets a request to stop arrive.
  }
  return sums;
}

/** Checks, cuts to the model's positions, sorts by tokens, merges equal ones. */
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
  jobs.sort((a, b) => compareTokens(a.ids, b.ids) || a.scoredFrom - b.scoredFrom);
  return jobs.filter((job, i) => {
    const before = jobs[i - 1];
    if (!before || before.scoredFrom !== job.scoredFrom || compareTokens(before.ids, job.ids) !== 0) return true;
    before.owners.push(...job.owners);
    job.owners = before.owners; // So that a third equal one is added to the first.
    return false;
  });
}

/** Each model's scorer: its functions are recorded once, whatever is scored. */
const scorers = new WeakMap<LanguageModel, Scorer>();

function scorerOf(model: LanguageModel): Scorer {
  let scorer = scorers.get(model);
  if (!scorer) scorers.set(model, (scorer = new Scorer(model)));
  return scorer;
}

/** Rows that go through the model together. */
interface PlannedBatch {
  rows: Row<Job>[];
  length: number;
  /** Rows of the forward pass; more than there are where shapes are kept few. */
  size: number;
}

interface Scored {
  job: Job;
  logprob: number;
  greedy: boolean;
}

type ScoreInputs = 'ids' | 'positions' | 'visible' | 'rows' | 'targets';

class Scorer {
  readonly #model: LanguageModel;
  readonly #logprobs: ProgramFunction<ScoreInputs, 'logprobs'>;
  readonly #choices: ProgramFunction<ScoreInputs, 'logprobs' | 'choices'>;

  constructor(model: LanguageModel) {
    this.#model = model;
    this.#logprobs = model.program.function('score', (inputs) => ({ logprobs: this.#lookUp(this.#logits(inputs), inputs.targets) }));
    this.#choices = model.program.function('scoreGreedy', (inputs) => {
      const logits = this.#logits(inputs);
      return { logprobs: this.#lookUp(logits, inputs.targets), choices: tf.argMax(logits, -1) };
    });
  }

  /** Logits [R, V] at the given rows of the flattened [B * T] positions. */
  #logits({ ids, positions, visible, rows }: Record<ScoreInputs, Tensor>): Tensor2D {
    const hidden = this.#model.hiddenStates(ids as Tensor2D, { layout: { positions: positions as Tensor1D, visible } });
    return this.#model.head(gatherRows(tf.reshape(hidden, [ids.size, hidden.shape[2]]), rows as Tensor1D));
  }

  /**
   * log softmax(logits)[row, target] for targets int32 [P, 2]. TensorFlow's own kernel makes one pass where tfjs' logSoftmax makes five,
   * and was faster here than SparseSoftmaxCrossEntropyWithLogits, which also computes a gradient.
   */
  #lookUp(logits: Tensor2D, targets: Tensor): Tensor {
    return tf.gatherND(logSoftmax(logits), targets as Tensor2D);
  }

  /** Packs jobs into batches of few shapes: a compiled program records each. */
  plan(jobs: readonly Job[], tokensPerBatch = TOKENS_PER_BATCH): PlannedBatch[] {
    if (!jobs.length) return [];
    const { compiled } = this.#model.program;
    const { vocab_size: vocabulary, max_positions: positions } = this.#model.config;
    const longest = Math.max(...jobs.map(({ ids }) => ids.length - 1));
    const whole = jobs.reduce((sum, { ids }) => sum + ids.length - 1, 0);
    const wanted = compiled ? ROW_LENGTH : Math.min(ROW_LENGTH, whole);
    const length = Math.max(longest, Math.min(positions, Math.ceil(Math.max(longest, wanted) / LENGTH_STEP) * LENGTH_STEP));
    const most = Math.max(1, Math.floor(Math.min(tokensPerBatch, MAX_LOGITS / vocabulary) / length));
    const rows = packRows(jobs, length);
    const batches: PlannedBatch[] = [];
    for (let start = 0; start < rows.length;) {
      const left = rows.length - start;
      // The rest is run in smaller batches, of a quarter, as long as that saves rows.
      const size = left >= most || !compiled ? Math.min(left, most) : Math.max(1, Math.floor(most / 4));
      batches.push({ rows: rows.slice(start, start + size), length, size });
      start += size;
    }
    return batches;
  }

  score(rows: readonly Row<Job>[], size: number, length: number, wantGreedy: boolean): Scored[] {
    const scored: number[] = []; // Of the flattened [size * length] positions, those whose prediction is asked for.
    const targets: number[] = [];
    const firstOf: number[] = []; // Index in `targets` of each row's first prediction.
    const logitsRow = new Int32Array(size * length).fill(-1);
    rows.forEach(({ predictions }, r) => {
      firstOf.push(targets.length / 2);
      for (const { node, target } of predictions) {
        const at = r * length + node;
        if (logitsRow[at]! < 0) logitsRow[at] = scored.push(at) - 1;
        targets.push(logitsRow[at]!, target);
      }
    });
    const { logprobs, choices } = this.#run(rows, size, length, scored, targets, wantGreedy);
    return rows.flatMap(({ members }, r) => members.map(({ sequence: job, predictions }) => {
      let logprob = 0;
      let greedy = true;
      for (const prediction of predictions) {
        const index = firstOf[r]! + prediction;
        logprob += logprobs[index]!;
        if (choices && choices[targets[2 * index]!] !== targets[2 * index + 1]) greedy = false;
      }
      if (!Number.isFinite(logprob)) {
        throw new CriaError('non-finite', 'The model gives log-probabilities that are not finite.', 'Its weights are damaged or its training diverged.');
      }
      return { job, logprob, greedy };
    }));
  }

  #run(rows: readonly Row<Job>[], size: number, length: number, scored: readonly number[], targets: readonly number[], wantGreedy: boolean) {
    const { ids, positions, visible } = layOut(rows, size, length);
    // A compiled program sees few numbers of rows and targets: a half or all of the positions, and twice as many.
    const all = size * length;
    const standard = (count: number) => (this.#model.program.compiled ? (2 * count <= all ? Math.ceil(all / 2) : all) : count);
    const padded = (values: readonly number[], count: number) => {
      const filled = new Int32Array(count);
      filled.set(values);
      return filled;
    };
    const rowCount = standard(scored.length);
    const targetCount = this.#model.program.compiled ? 2 * all : targets.length / 2;
    const inputs: Record<ScoreInputs, InputValue> = {
      ids: { shape: [size, length], values: ids },
      positions: { shape: [all], values: positions },
      visible: { shape: [size, 1, length, length], values: visible },
      rows: { shape: [rowCount], values: padded(scored, rowCount) },
      targets: { shape: [targetCount, 2], values: padded(targets, 2 * targetCount) },
    };
    if (!wantGreedy) return { logprobs: this.#logprobs.run(inputs).logprobs, choices: null };
    return this.#choices.run(inputs);
  }
}
