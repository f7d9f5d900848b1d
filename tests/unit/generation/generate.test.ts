/** Drawing tokens, and text from a model. */
import { afterAll, describe, expect, it } from 'vitest';
import { drawToken, generateTokens, NextToken } from '../../../src/main/generation/generate.ts';
import { Random } from '../../../src/main/random.ts';
import { tf } from '../../../src/main/tensorflow/tf.ts';
import { newProgram, WAYS } from '../../support/programs.ts';
import { ARCHITECTURES, tinyModel } from '../../support/tinyModels.ts';

const logs = (...probabilities: number[]) => Float32Array.from(probabilities.map(Math.log));
const counts = (logProbabilities: Float32Array, options: object, draws = 4000) => {
  const random = new Random(1, 'test');
  const seen = new Array<number>(logProbabilities.length).fill(0);
  for (let i = 0; i < draws; i++) seen[drawToken(logProbabilities, { temperature: 1, topK: 0, topP: 1, ...options }, random)]!++;
  return seen.map((count) => count / draws);
};

describe('drawing a token', () => {
  const distribution = logs(0.5, 0.3, 0.15, 0.05);
  it('follows the probabilities', () => counts(distribution, {}).forEach((share, i) => expect(share).toBeCloseTo(Math.exp(distribution[i]!), 1)));
  it('takes the most probable at temperature 0', () => expect(counts(distribution, { temperature: 0 }, 10)).toEqual([1, 0, 0, 0]));
  it('sharpens below 1 as softmax(log p / T) does', () => {
    const weights = [0.5, 0.3, 0.15, 0.05].map((p) => p ** 2);
    const total = weights.reduce((sum, weight) => sum + weight, 0);
    counts(distribution, { temperature: 0.5 }).forEach((share, i) => expect(share).toBeCloseTo(weights[i]! / total, 1));
  });
  it('keeps the k most probable', () => {
    const shares = counts(distribution, { topK: 2 });
    expect(shares.slice(2)).toEqual([0, 0]);
    expect(shares[0]).toBeCloseTo(0.625, 1);
  });
  it('keeps the nucleus, and always one token', () => {
    expect(counts(distribution, { topP: 0.6 }).slice(2)).toEqual([0, 0]);
    expect(counts(distribution, { topP: 0.01 }, 20)).toEqual([1, 0, 0, 0]);
  });
});

describe.each(ARCHITECTURES.flatMap((type) => WAYS.map((way) => [type, way] as const)))('%s, %s', (type, way) => {
  const program = newProgram(way);
  const model = tinyModel(type, 1, program);
  const next = new NextToken(model);
  const reference = tinyModel(type);
  afterAll(() => [model, reference, program].forEach((thing) => thing.dispose()));

  it('writes the same for the same seed, past its positions, and leaves no tensor behind', () => {
    const write = (seed: number) => [...generateTokens(next, [1, 5, 6], 40, { temperature: 1, topK: 0, topP: 1 }, new Random(seed, 'x'))].map(({ id }) => id);
    const first = write(1);
    const tensors = tf.memory().numTensors;
    expect(write(1)).toEqual(first);
    expect(write(2)).not.toEqual(first);
    expect(tf.memory().numTensors).toBe(tensors);
  });

  it('is not moved by the padding behind the context', () => {
    const [short, exact] = [next.logProbabilities([1, 5, 6]), tf.tidy(() => tf.logSoftmax(reference.logits(tf.tensor2d([[1, 5, 6]], undefined, 'int32')).slice([0, 2, 0], [1, 1, -1])).dataSync())];
    short.forEach((value, i) => expect(value).toBeCloseTo(exact[i]!, 4));
  });

  it('gives probabilities that add up to 1', () => {
    const probabilities = next.logProbabilities([1, 5, 6]);
    expect(probabilities.reduce((sum, value) => sum + Math.exp(value), 0)).toBeCloseTo(1, 4);
  });
});
