/** Log-probabilities against PyTorch + transformers, by lm_eval's rules. */
import { readFileSync } from 'node:fs';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { encodePair, encodeSentence, type TextEncoder } from '../../../src/main/evaluation/encode.ts';
import { loadPairs } from '../../../src/main/evaluation/pairs.ts';
import { scoreSequences } from '../../../src/main/evaluation/score.ts';
import { loadTokenizer } from '../../../src/main/corpus/tokenizer.ts';
import type { LanguageModel } from '../../../src/main/models/languageModel.ts';
import { loadModelFolder } from '../../../src/main/models/loadModel.ts';
import { hasShared, sharedPath } from '../../support/shared.ts';

const START = 1;
/** Pairs whose two sentences are closer than this may be decided either way in float32. */
const NEAR_TIE = 2e-3;

interface BlimpLine {
  sentence_good: string;
  sentence_bad: string;
}
interface EwokLine {
  Domain: string;
  Context1: string;
  Target1: string;
  Target2: string;
  ctx_len: [number, number];
  cont_len: [number, number];
}
type WithScores<T> = T & Record<string, [number, number]>;

function readLines<T>(path: string): WithScores<T>[] {
  return readFileSync(path, 'utf8').trim().split('\n').map((line) => JSON.parse(line) as WithScores<T>);
}

describe.skipIf(!hasShared)('scoring fixtures', () => {
  let tokenizer: TextEncoder;
  beforeAll(async () => {
    tokenizer = await loadTokenizer(sharedPath('fixtures/tokenizer/tokenizer_4000.json'), { addPrefixSpace: false });
  });

  describe.each(['gpt2', 'llama', 'llama_tied', 'gptj_tied_fullrot', 'gptj_partrot'])('%s', (name) => {
    let model: LanguageModel;
    beforeAll(() => {
      model = loadModelFolder(sharedPath('fixtures/models', name));
    });
    afterAll(() => model.dispose());

    it('gives the pairs of BLiMP and supplement the same log-probabilities and decisions', async () => {
      const lines = readLines<BlimpLine>(sharedPath('fixtures/scoring/blimp_pairs.jsonl'));
      const sequences = lines.flatMap((line) => [line.sentence_good, line.sentence_bad].map((sentence) => encodeSentence(tokenizer, START, sentence)));
      const logprobs = await scoreSequences(model, sequences);
      lines.forEach((line, i) => {
        const [good, bad] = line[name]!;
        expect(Math.abs(logprobs[2 * i]! - good)).toBeLessThan(1e-3);
        expect(Math.abs(logprobs[2 * i + 1]! - bad)).toBeLessThan(1e-3);
        if (Math.abs(good - bad) > NEAR_TIE) expect(logprobs[2 * i]! >= logprobs[2 * i + 1]!).toBe(good >= bad);
      });
      expect(lines).toHaveLength(220);
    });

    it('gives continuations after a context the same, cut contexts and trailing white space included', async () => {
      const lines = readLines<EwokLine>(sharedPath('fixtures/scoring/ewok_like.jsonl'));
      const sequences = lines.flatMap(({ Context1, Target1, Target2 }) => [Target1, Target2].map((target) => encodePair(tokenizer, Context1, ` ${target}`)));
      const logprobs = await scoreSequences(model, sequences);
      lines.forEach((line, i) => {
        [0, 1].forEach((k) => {
          const sequence = sequences[2 * i + k]!;
          expect([sequence.scoredFrom, sequence.ids.length - sequence.scoredFrom]).toEqual([line.ctx_len[k], line.cont_len[k]]);
          expect(Math.abs(logprobs[2 * i + k]! - line[name]![k]!)).toBeLessThan(1e-3);
        });
      });
      expect(lines.some(({ ctx_len }) => ctx_len[0] > 64)).toBe(true);
    });

    it('gives a sentence the same number alone and in any company', async () => {
      const lines = readLines<BlimpLine>(sharedPath('fixtures/scoring/blimp_pairs.jsonl')).slice(0, 12);
      const sequences = lines.map(({ sentence_good: sentence }) => encodeSentence(tokenizer, START, sentence));
      const together = await scoreSequences(model, sequences, { tokensPerBatch: 4096 });
      const alone = await scoreSequences(model, sequences, { tokensPerBatch: 1 });
      together.forEach((value, i) => expect(Math.abs(value - alone[i]!)).toBeLessThan(1e-4));
    });
  });
});

interface Expected {
  per_task: Record<string, [number, number]>;
  pair_logprobs_first20_of_every4th: Record<string, [number, number][]>;
  blimp_mean_every4th_max250: number;
  supplement_mean: number;
}

describe.skipIf(!hasShared)('a trained Llama', () => {
  const expected = hasShared ? (JSON.parse(readFileSync(sharedPath('fixtures/trained_llama_hf/expected.json'), 'utf8')) as Expected) : null;

  it('has the accuracies that PyTorch gives it', async () => {
    const tokenizer = await loadTokenizer(sharedPath('fixtures/tokenizer/tokenizer_4000.json'), { addPrefixSpace: false });
    const model = loadModelFolder(sharedPath('fixtures/trained_llama_hf'));
    const means = new Map<string, number[]>();
    for (const [task, [items, accuracy]] of Object.entries(expected!.per_task)) {
      const pairs = (await loadPairs(sharedPath('data', `${task}.jsonl`))).filter((_, i) => i % 4 === 0).slice(0, 250);
      expect(pairs).toHaveLength(items);
      const logprobs = await scoreSequences(model, pairs.flatMap(({ good, bad }) => [good, bad].map((one) => encodeSentence(tokenizer, START, one))));
      expected!.pair_logprobs_first20_of_every4th[task]!.forEach(([good, bad], i) => {
        expect(Math.abs(logprobs[2 * i]! - good)).toBeLessThan(1e-3);
        expect(Math.abs(logprobs[2 * i + 1]! - bad)).toBeLessThan(1e-3);
      });
      // The fixture counts a pair when good > bad; near-ties may fall either way.
      const differences = pairs.map((_, i) => logprobs[2 * i]! - logprobs[2 * i + 1]!);
      const nearTies = differences.filter((difference) => Math.abs(difference) < NEAR_TIE).length;
      const correct = differences.filter((difference) => difference > 0).length;
      expect(Math.abs(correct - Math.round(accuracy * items))).toBeLessThanOrEqual(nearTies);
      const group = task.split('/')[0]!;
      means.set(group, [...(means.get(group) ?? []), correct / items]);
    }
    model.dispose();
    const mean = (group: string) => means.get(group)!.reduce((sum, value) => sum + value, 0) / means.get(group)!.length;
    expect(mean('blimp_filtered')).toBeCloseTo(expected!.blimp_mean_every4th_max250, 3);
    expect(mean('supplement_filtered')).toBeCloseTo(expected!.supplement_mean, 3);
  });
});
