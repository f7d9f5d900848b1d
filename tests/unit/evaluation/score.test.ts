import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { scoreSequences, type ScoredSequence } from '../../../src/main/evaluation/score.ts';
import type { ForwardOptions, LanguageModel } from '../../../src/main/models/languageModel.ts';
import { EagerProgram } from '../../../src/main/tensorflow/eagerProgram.ts';
import { tf, type Tensor, type Tensor2D, type Tensor3D } from '../../../src/main/tensorflow/tf.ts';

const VOCABULARY = 11;
const WIDTH = 4;
const POSITIONS = 9;

const embedding = (id: number, k: number): number => Math.sin(1 + 3 * id + 7 * k);
const output = (k: number, v: number): number => Math.cos(2 + 5 * k + 3 * v);
/** Makes the state depend on the position, so that a wrong cut is seen. */
const position = (t: number, k: number): number => 0.3 * Math.sin(t * (k + 1));

/** A model that can be computed by hand: the state is the sum of all embeddings so far plus a position term. Counts what it is asked for. */
function handModel(): { model: LanguageModel; headRows: () => number; forwards: () => number } {
  let headRows = 0;
  let forwards = 0;
  const table = tf.tensor2d(Array.from({ length: VOCABULARY }, (_, id) => Array.from({ length: WIDTH }, (_, k) => embedding(id, k))));
  const positions = tf.tensor2d(Array.from({ length: POSITIONS }, (_, t) => Array.from({ length: WIDTH }, (_, k) => position(t, k))));
  const head = tf.tensor2d(Array.from({ length: WIDTH }, (_, k) => Array.from({ length: VOCABULARY }, (_, v) => output(k, v))));
  const hiddenStates = (ids: Tensor2D, { layout }: ForwardOptions = {}): Tensor3D => {
    forwards++;
    if (ids.shape[1] > POSITIONS) throw new Error(`too long: ${ids.shape[1]}`);
    const embedded = tf.gather(table, ids) as Tensor as Tensor3D;
    if (!layout) return tf.cumsum(embedded, 1).add(positions.slice([0, 0], [ids.shape[1], WIDTH])) as Tensor3D;
    const seen = tf.cast(layout.visible, 'float32').reshape([ids.shape[0], ids.shape[1], ids.shape[1]]) as Tensor3D;
    return tf.matMul(seen, embedded).add(tf.gather(positions, layout.positions).reshape(embedded.shape)) as Tensor3D;
  };
  const headOf = <T extends Tensor>(hidden: T): T => {
    headRows += hidden.shape[0]!;
    return tf.matMul(hidden, head) as T;
  };
  const model: LanguageModel = {
    config: {
      model_type: 'llama', vocab_size: VOCABULARY, max_positions: POSITIONS, hidden_size: WIDTH, intermediate_size: 1, n_layer: 0, n_head: 1,
      tie_word_embeddings: false, initializer_range: 0.02, bos_token_id: 1, eos_token_id: 2, pad_token_id: 0, rms_norm_eps: 1e-6, rope_theta: 1e4,
    },
    parameters: new Map(),
    program: new EagerProgram(),
    hiddenStates,
    head: headOf,
    logits: (ids) => headOf(hiddenStates(ids).reshape([-1, WIDTH])).reshape([ids.shape[0], ids.shape[1], VOCABULARY]),
    dispose: () => tf.dispose([table, positions, head]),
  };
  return { model, headRows: () => headRows, forwards: () => forwards };
}

/** The same in float64, one token after the other, with lm_eval's cut: (context + continuation)[-(positions + 1):][:-1]. */
function byHand({ ids, scoredFrom }: ScoredSequence): { logprob: number; greedy: boolean } {
  const all = Array.from(ids);
  const cut = Math.max(0, all.length - POSITIONS - 1);
  const kept = all.slice(cut);
  let logprob = 0;
  let greedy = true;
  const sum = new Array<number>(WIDTH).fill(0);
  for (let t = 0; t + 1 < kept.length; t++) {
    for (let k = 0; k < WIDTH; k++) sum[k]! += embedding(kept[t]!, k);
    const state = sum.map((value, k) => value + position(t, k));
    const logits = Array.from({ length: VOCABULARY }, (_, v) => state.reduce((total, value, k) => total + value * output(k, v), 0));
    if (t + 1 < scoredFrom - cut) continue;
    logprob += logits[kept[t + 1]!]! - Math.log(logits.reduce((total, logit) => total + Math.exp(logit), 0));
    if (logits.indexOf(Math.max(...logits)) !== kept[t + 1]) greedy = false;
  }
  return { logprob, greedy };
}

const sequenceArbitrary = fc
  .array(fc.nat(VOCABULARY - 1), { minLength: 1, maxLength: 14 })
  .chain((ids) => fc.integer({ min: Math.max(1, ids.length - POSITIONS), max: ids.length }).map((scoredFrom): ScoredSequence => ({ ids, scoredFrom })));

describe('scoreSequences', () => {
  it('gives the sums computed by hand, whatever shares a batch', async () => {
    const { model } = handModel();
    await fc.assert(
      fc.asyncProperty(fc.array(sequenceArbitrary, { maxLength: 12 }), fc.integer({ min: 1, max: 60 }), async (sequences, tokensPerBatch) => {
        const greedy = new Uint8Array(sequences.length);
        const sums = await scoreSequences(model, sequences, { tokensPerBatch, greedy });
        sequences.forEach((sequence, i) => {
          const expected = byHand(sequence);
          expect(sums[i]).toBeCloseTo(expected.logprob, 4);
          expect(greedy[i]).toBe(expected.greedy ? 1 : 0);
        });
      }),
      { numRuns: 60 },
    );
    model.dispose();
  });

  it('computes equal sequences once, and a shared beginning once', async () => {
    const { model, headRows, forwards } = handModel();
    const good = { ids: [1, 4, 5, 6, 7], scoredFrom: 1 };
    const bad = { ids: [1, 4, 5, 8, 7], scoredFrom: 1 };
    const sums = await scoreSequences(model, [good, bad, good, good]);
    expect(forwards()).toBe(1);
    // Four predictions of the good one, of which the bad one shares three; it adds that of its fourth token.
    expect(headRows()).toBe(5);
    expect(sums[0]).toBe(sums[2]);
    expect(sums[0]).toBe(sums[3]);
    expect(sums[1]).toBeCloseTo(byHand(bad).logprob, 5);
    model.dispose();
  });

  it('runs the head on no context position', async () => {
    const { model, headRows } = handModel();
    await scoreSequences(model, [{ ids: [3, 4, 5, 6, 7, 8], scoredFrom: 4 }]);
    expect(headRows()).toBe(2);
    model.dispose();
  });

  it('keeps no tensors', async () => {
    const { model } = handModel();
    const before = tf.memory().numTensors;
    await scoreSequences(model, [{ ids: [1, 2, 3], scoredFrom: 1 }, { ids: [1, 2, 3, 4, 5, 6], scoredFrom: 1 }], { tokensPerBatch: 3, greedy: new Uint8Array(2) });
    expect(tf.memory().numTensors).toBe(before);
    model.dispose();
  });

  it('reports progress and stops between batches', async () => {
    const { model, forwards } = handModel();
    const stop = new AbortController();
    const seen: number[] = [];
    // Each as long as the model allows and none begins as another does, so that no two share a row.
    const sequences = [0, 1, 2, 3].map((first) => ({ ids: Array.from({ length: POSITIONS + 1 }, (_, i) => (first + i) % VOCABULARY), scoredFrom: 1 }));
    const running = scoreSequences(model, sequences, {
      tokensPerBatch: 1,
      signal: stop.signal,
      onProgress: (done, total) => {
        seen.push(done / total);
        if (done === 2) stop.abort();
      },
    });
    await expect(running).rejects.toMatchObject({ code: 'cancelled' });
    expect(seen).toEqual([0.25, 0.5]);
    expect(forwards()).toBe(2);
    model.dispose();
  });

  it('refuses ids outside the vocabulary, continuations longer than the model, and damaged models', async () => {
    const { model } = handModel();
    await expect(scoreSequences(model, [{ ids: [1, VOCABULARY], scoredFrom: 1 }])).rejects.toMatchObject({ code: 'bad-model' });
    await expect(scoreSequences(model, [{ ids: new Int32Array(POSITIONS + 2), scoredFrom: 1 }])).rejects.toMatchObject({ code: 'bad-input' });
    const damaged: LanguageModel = { ...model, head: (hidden) => model.head(hidden).mul(NaN) };
    await expect(scoreSequences(damaged, [{ ids: [1, 2], scoredFrom: 1 }])).rejects.toMatchObject({ code: 'non-finite' });
    model.dispose();
  });
});
