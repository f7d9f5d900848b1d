/** Log-probabilities against PyTorch's, on models whose weights come from a formula (tests/oracles/make_scoring.py). */
import { readFileSync } from 'node:fs';
import { resolve } from 'node:path';
import { afterAll, describe, expect, it } from 'vitest';
import { scoreSequences, type ScoredSequence } from '../../../src/main/evaluation/score.ts';
import { newProgram, WAYS } from '../../support/programs.ts';
import { formulaModel, type ParameterList } from '../../support/formulaModels.ts';

interface Oracle {
  vocabulary: number;
  positions: number;
  sequences: ScoredSequence[];
  models: Record<'llama' | 'gpt2', { parameters: ParameterList; logprobs: number[]; greedy: boolean[]; greedyContinuation: number[] }>;
}

const oracle = JSON.parse(readFileSync(resolve(import.meta.dirname, '../../oracles/scoring.json'), 'utf8')) as Oracle;

describe.each((['llama', 'gpt2'] as const).flatMap((name) => WAYS.map((way) => [name, way] as const)))('%s, %s', (name, way) => {
  const program = newProgram(way);
  afterAll(() => program.dispose());
  const expected = oracle.models[name];
  const make = () => formulaModel(program, name, oracle, expected.parameters, { amplitude: 0.5 });

  it.each([1, 24, 4096])('has PyTorch\'s log-probabilities with %i tokens a batch', async (tokensPerBatch) => {
    const model = make();
    const greedy = new Uint8Array(oracle.sequences.length);
    const logprobs = await scoreSequences(model, oracle.sequences, { tokensPerBatch, greedy });
    expected.logprobs.forEach((value, i) => expect(Math.abs(logprobs[i]! - value)).toBeLessThan(1e-4));
    expect([...greedy].map(Boolean)).toEqual(expected.greedy);
    model.dispose();
  });

  it('calls its own greedy continuation greedy', async () => {
    const model = make();
    const greedy = new Uint8Array(1);
    await scoreSequences(model, [{ ids: expected.greedyContinuation, scoredFrom: 2 }], { greedy });
    expect([...greedy]).toEqual([1]);
    model.dispose();
  });
});
