/** Log-probabilities against PyTorch's, on models whose weights come from a formula (tests/oracles/make_scoring.py). */
import { readFileSync } from 'node:fs';
import { resolve } from 'node:path';
import { describe, expect, it } from 'vitest';
import { scoreSequences, type ScoredSequence } from '../../../src/main/evaluation/score.ts';
import { Gpt2 } from '../../../src/main/models/gpt2.ts';
import type { LanguageModel } from '../../../src/main/models/languageModel.ts';
import { Llama } from '../../../src/main/models/llama.ts';
import type { Gpt2Config, LlamaConfig } from '../../../src/main/models/modelConfig.ts';
import { tf, type Variable } from '../../../src/main/tensorflow/tf.ts';

interface Oracle {
  vocabulary: number;
  positions: number;
  sequences: ScoredSequence[];
  models: Record<'llama' | 'gpt2', { parameters: [string, number[]][]; logprobs: number[]; greedy: boolean[]; greedyContinuation: number[] }>;
}

const oracle = JSON.parse(readFileSync(resolve(import.meta.dirname, '../../oracles/scoring.json'), 'utf8')) as Oracle;

const common = {
  vocab_size: oracle.vocabulary, max_positions: oracle.positions, hidden_size: 16, n_layer: 2, n_head: 2, initializer_range: 0.02,
  bos_token_id: 1, eos_token_id: 2, pad_token_id: 0,
};
const llamaConfig: LlamaConfig = {
  ...common, model_type: 'llama', intermediate_size: 24, tie_word_embeddings: false, rms_norm_eps: 1e-6, rope_theta: 10_000,
};
const gpt2Config: Gpt2Config = {
  ...common, model_type: 'gpt2', intermediate_size: 64, tie_word_embeddings: true, layer_norm_epsilon: 1e-5, resid_pdrop: 0, embd_pdrop: 0, attn_pdrop: 0,
};

function weights(parameters: [string, number[]][]): Map<string, Variable> {
  return new Map(parameters.map(([name, shape], p) => {
    const isNorm = (name.includes('norm') || name.includes('.ln_')) && name.endsWith('weight');
    const size = shape.reduce((product, axis) => product * axis, 1);
    const values = Float32Array.from({ length: size }, (_, i) => 0.5 * Math.sin(1.3 * p + 0.7 * i) + (isNorm ? 1 : 0));
    return [name, tf.variable(tf.tensor(values, shape))];
  }));
}

describe.each<['llama' | 'gpt2', (parameters: Map<string, Variable>) => LanguageModel]>([
  ['llama', (parameters) => new Llama(llamaConfig, parameters)],
  ['gpt2', (parameters) => new Gpt2(gpt2Config, parameters)],
])('%s', (name, make) => {
  const expected = oracle.models[name];

  it.each([1, 24, 4096])('has PyTorch\'s log-probabilities with %i tokens a batch', async (tokensPerBatch) => {
    const model = make(weights(expected.parameters));
    const greedy = new Uint8Array(oracle.sequences.length);
    const logprobs = await scoreSequences(model, oracle.sequences, { tokensPerBatch, greedy });
    expected.logprobs.forEach((value, i) => expect(Math.abs(logprobs[i]! - value)).toBeLessThan(1e-4));
    expect([...greedy].map(Boolean)).toEqual(expected.greedy);
    model.dispose();
  });

  it('calls its own greedy continuation greedy', async () => {
    const model = make(weights(expected.parameters));
    const greedy = new Uint8Array(1);
    await scoreSequences(model, [{ ids: expected.greedyContinuation, scoredFrom: 2 }], { greedy });
    expect([...greedy]).toEqual([1]);
    model.dispose();
  });
});
