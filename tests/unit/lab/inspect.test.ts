/** How models read a text: numbers against scoring, attention against its definition, tokens against their text. */
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, describe, expect, it } from 'vitest';
import { loadTokenizer } from '../../../src/main/corpus/tokenizer.ts';
import { scoreSequences } from '../../../src/main/evaluation/score.ts';
import { readAttention, writeAttention } from '../../../src/main/lab/attentionFile.ts';
import { inspectIds } from '../../../src/main/lab/inspect.ts';
import { tokenOffsets } from '../../../src/main/lab/offsets.ts';
import { tf } from '../../../src/main/tensorflow/tf.ts';
import type { InspectedToken } from '../../../src/shared/results.ts';
import { describeWords, surprisalBits, tokenAt } from '../../../src/shared/surprisal.ts';
import { temporaryFolder } from '../../support/jobContext.ts';
import { ARCHITECTURES, tinyIds, tinyModel } from '../../support/tinyModels.ts';

describe.each(ARCHITECTURES)('%s', (type) => {
  const model = tinyModel(type, 3);
  afterAll(() => model.dispose());
  const ids = [1, ...tinyIds(11)];
  const seen = inspectIds(model, ids, { choices: 5, attention: true });

  it('is as surprised as scoring says, and leaves no tensor behind', async () => {
    const [sum] = await scoreSequences(model, [{ ids, scoredFrom: 1 }]);
    expect(seen.logprobs).toHaveLength(11);
    expect(seen.logprobs.reduce((total, value) => total + value, 0)).toBeCloseTo(sum!, 4);
    const before = tf.memory().numTensors;
    inspectIds(model, ids, { choices: 5, attention: true });
    expect(tf.memory().numTensors).toBe(before);
  });

  it('tells what it expected, and where the token that came stands', () => {
    const all = inspectIds(model, ids, { choices: 50, attention: false });
    expect(all.attention).toEqual([]);
    all.expected.forEach((choices, t) => {
      expect(choices.reduce((sum, { probability }) => sum + probability, 0)).toBeCloseTo(1, 4);
      expect(choices.slice(0, 5).map(({ id }) => id)).toEqual(seen.expected[t]!.map(({ id }) => id));
    });
    ids.slice(1).forEach((id, t) => {
      expect(all.expected[t]![all.ranks[t]! - 1]!.id).toBe(id);
      expect(Math.log(all.expected[t]!.find((choice) => choice.id === id)!.probability)).toBeCloseTo(all.logprobs[t]!, 4);
    });
  });

  it('looks back alone: each row of each head adds up to 1 over the positions up to its own', () => {
    expect(seen.attention).toHaveLength(model.config.n_layer);
    for (const { shape, values } of seen.attention) {
      expect(shape).toEqual([model.config.n_head, 12, 12]);
      for (let row = 0; row < model.config.n_head * 12; row++) {
        const weights = values.subarray(12 * row, 12 * row + 12);
        expect(weights.slice(0, (row % 12) + 1).reduce((sum, weight) => sum + weight, 0)).toBeCloseTo(1, 5);
        expect(Math.max(0, ...weights.slice((row % 12) + 1))).toBe(0);
      }
    }
  });

  it('computes the same whether it is watched or not', () => {
    const logits = (options?: object) => tf.tidy(() => model.logits(tf.tensor2d(ids, [1, 12], 'int32'), options).dataSync());
    expect(logits({ onAttention: () => {} })).toEqual(logits());
  });
});

it('keeps attention maps layer by layer', () => {
  const path = join(temporaryFolder(), 'attention.safetensors');
  const layer = (shift: number) => ({ shape: [2, 3, 3], values: Float32Array.from({ length: 18 }, (_, i) => (i + shift) / 100) });
  writeAttention(path, [layer(0), layer(50)]);
  expect(readAttention(path, 1)[1]![2]).toEqual([0.65, 0.66, 0.67]);
  expect(() => readAttention(path, 2)).toThrow(/no layer 2/);
  expect(readFileSync(path).length).toBeLessThan(400);
});

describe('tokens in their text', () => {
  it('stand where their characters stand, also where several make one character', async () => {
    // Bytes alone: each é is two tokens, the llama four.
    const vocabulary = Object.fromEntries([...Array.from({ length: 188 }, (_, i) => String.fromCodePoint(i < 94 ? 33 + i : i < 106 ? 67 + i : 68 + i)), ...Array.from({ length: 68 }, (_, i) => String.fromCodePoint(256 + i))].map((symbol, id) => [symbol, id]));
    const path = join(temporaryFolder(), 'tokenizer.json');
    writeFileSync(path, JSON.stringify({ version: '1.0', added_tokens: [], normalizer: null, pre_tokenizer: { type: 'ByteLevel', add_prefix_space: false, trim_offsets: true, use_regex: true }, decoder: { type: 'ByteLevel', add_prefix_space: true, trim_offsets: true, use_regex: true }, post_processor: null, model: { type: 'BPE', vocab: vocabulary, merges: [] } }));
    const text = 'né 🦙!';
    for (const addPrefixSpace of [false, true]) {
      const tokenizer = await loadTokenizer(path, { addPrefixSpace });
      const ids = tokenizer.encode(text);
      const places = tokenOffsets(tokenizer, ids, text);
      expect(places).toHaveLength(addPrefixSpace ? 10 : 9);
      expect(places.map(({ start, end }) => text.slice(start, end)).filter(Boolean)).toEqual(['n', 'é', ' ', '🦙', '!']);
      expect(places.at(-1)!.end).toBe(text.length);
    }
  });

  it('of different tokenizers meet in words', () => {
    const token = (start: number, end: number, logprob: number): InspectedToken => ({ id: 0, text: '', start, end, logprob: logprob * Math.LN2, rank: 1, expected: [] });
    const whole = [token(0, 3, -2), token(3, 9, -4), token(9, 10, -1)];
    const cut = [token(0, 1, -1), token(1, 3, -1), token(3, 6, -3), token(6, 10, -3)];
    const words = describeWords('the llamas.', [{ tokens: whole }, { tokens: cut }]);
    expect(words.map(({ text }) => text)).toEqual(['the', 'llamas.']);
    expect(words.map((word) => word.tokens.map(surprisalBits))).toEqual([[2, 2], [5, 6]]);
    expect(words.map((word) => word.tokens.map((tokens) => tokens.length))).toEqual([[1, 2], [2, 2]]);
    expect(tokenAt(cut, 7)).toBe(cut[3]);
    expect(tokenAt(cut, 10)).toBeNull();
    expect(describeWords('  ', [{ tokens: whole }])).toEqual([]);
  });
});
