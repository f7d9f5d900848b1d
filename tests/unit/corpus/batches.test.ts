import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { EvaluationSequences, TrainingBatches, type Tokens } from '../../../src/main/corpus/batches.ts';
import { PythonRandom } from '../../../src/main/corpus/pythonRandom.ts';

/** Token k of this file is k, so a batch tells where it was read. */
function counting(length: number): Tokens {
  return { path: 'counting', length, read: (start, count) => Uint32Array.from({ length: count }, (_, i) => start + i) };
}

function rowsOf(ids: Int32Array, seqLength: number): number[][] {
  return Array.from({ length: ids.length / seqLength }, (_, row) => [...ids.subarray(row * seqLength, (row + 1) * seqLength)]);
}

describe('training batches', () => {
  const epochOf = (batches: TrainingBatches, epoch: number, seqLength: number): number[][] =>
    Array.from({ length: batches.stepsPerEpoch }, (_, i) => rowsOf(batches.batch(epoch, i), seqLength)).flat();

  it('go through every item once an epoch, each at an offset below the sequence length', () => {
    fc.assert(
      fc.property(fc.integer({ min: 1, max: 12 }), fc.integer({ min: 0, max: 400 }), fc.integer({ min: 1, max: 9 }), fc.nat(), fc.nat({ max: 5 }), (seqLength, more, batchSize, seed, epoch) => {
        const length = 2 * seqLength + more;
        const batches = new TrainingBatches(counting(length), { seqLength, batchSize, seed });
        expect(batches.itemsPerEpoch).toBe(Math.floor(length / seqLength) - 1);
        const rows = epochOf(batches, epoch, seqLength);
        for (const row of rows) expect(row).toEqual(row.map((_, i) => row[0]! + i));
        expect(rows.map((row) => Math.floor(row[0]! / seqLength)).sort((a, b) => a - b)).toEqual(rows.map((_, i) => i));
        expect(rows).toHaveLength(batches.itemsPerEpoch);
      }),
    );
  });

  it('are the same whenever and in whatever order they are asked for', () => {
    const options = { seqLength: 8, batchSize: 4, seed: 42 };
    const one = new TrainingBatches(counting(1000), options);
    const other = new TrainingBatches(counting(1000), options);
    const inOrder = [0, 1].flatMap((epoch) => [0, 5, 30].map((index) => one.batch(epoch, index)));
    const backwards = [1, 0].flatMap((epoch) => [30, 5, 0].map((index) => other.batch(epoch, index))).reverse();
    expect(inOrder).toEqual(backwards);
  });

  it('have a new order and new offsets in each epoch and for each seed', () => {
    const starts = (seed: number, epoch: number): number[] =>
      epochOf(new TrainingBatches(counting(8 * 501), { seqLength: 8, batchSize: 100, seed }), epoch, 8).map((row) => row[0]!);
    const runs = [starts(1, 0), starts(1, 1), starts(2, 0), starts(1 + 2 ** 32, 0)];
    for (const [i, a] of runs.entries()) {
      for (const b of runs.slice(i + 1)) {
        // Two random orders of 500 agree in one place on average; offsets of the same item in an eighth of the cases.
        expect(a.filter((start, k) => Math.floor(start / 8) === Math.floor(b[k]! / 8)).length).toBeLessThan(12);
        const byItem = (all: number[]): number[] => all.toSorted((x, y) => x - y).map((start) => start % 8);
        expect(byItem(a).filter((offset, k) => offset === byItem(b)[k]).length).toBeLessThan(120);
      }
    }
    const offsets = runs.flat().map((start) => start % 8);
    for (let offset = 0; offset < 8; offset++) expect(offsets.filter((one) => one === offset).length).toBeGreaterThan(180);
  });

  it('end an epoch with what is left', () => {
    const batches = new TrainingBatches(counting(8 * 11 + 3), { seqLength: 8, batchSize: 4, seed: 0 });
    expect([batches.itemsPerEpoch, batches.stepsPerEpoch]).toEqual([10, 3]);
    expect([0, 1, 2].map((index) => batches.batch(0, index).length)).toEqual([32, 32, 16]);
    expect(() => batches.batch(0, 3)).toThrow(RangeError);
  });

  it('need two sequences of text', () => {
    expect(() => new TrainingBatches(counting(255), { seqLength: 128, batchSize: 1, seed: 0 })).toThrow(/255 tokens, and sequences of 128 need at least 256/);
    expect(new TrainingBatches(counting(256), { seqLength: 128, batchSize: 1, seed: 0 }).itemsPerEpoch).toBe(1);
  });
});

describe('evaluation sequences', () => {
  it("are those of Python's random.seed(2023); random.sample(range(300), 50), in that order and without offset", () => {
    const evaluation = new EvaluationSequences(counting(300 * 4 + 3), { seqLength: 4, samples: 50 });
    expect([evaluation.available, evaluation.length]).toEqual([300, 50]);
    const rows = rowsOf(evaluation.batch(0, 50), 4);
    expect(rows.slice(0, 6)).toEqual([196, 228, 199, 163, 292, 172].map((item) => [0, 1, 2, 3].map((i) => 4 * item + i)));
    expect(rowsOf(evaluation.batch(48, 16), 4).map((row) => row[0]! / 4)).toEqual([191, 243]);
  });

  it('are all there are when more were asked for', () => {
    const evaluation = new EvaluationSequences(counting(9 * 128), { seqLength: 128, samples: 8192 });
    expect([evaluation.available, evaluation.length]).toEqual([9, 9]);
    expect(rowsOf(evaluation.batch(0, 9), 128).map((row) => row[0]! / 128).sort()).toEqual([0, 1, 2, 3, 4, 5, 6, 7, 8]);
  });

  it('need one sequence of text', () => {
    expect(() => new EvaluationSequences(counting(127), { seqLength: 128, samples: 1 })).toThrow(/evaluation text is too short: 127 tokens/);
  });
});

describe("Python's random", () => {
  it('draws the same bits and numbers', () => {
    const bits = new PythonRandom(2023);
    expect([1, 2, 3, 4].map(() => bits.bits(32))).toEqual([1644637140, 3013484573, 4174115899, 1917993899]);
    const large = new PythonRandom(2 ** 40 + 7);
    expect([1, 2, 3, 4, 5, 6].map(() => large.below(1000))).toEqual([628, 765, 834, 960, 967, 654]);
    const zero = new PythonRandom(0);
    expect(Array.from({ length: 10 }, () => zero.below(7))).toEqual([6, 3, 6, 3, 0, 2, 4, 3, 3, 6]);
  });

  /** population, count, first and last drawn, sum: from CPython 3.11 with seed 2023; both of its ways to sample, and where they change. */
  it.each([
    [10, 3, [6, 7, 9], [7, 9], 22], [21, 5, [12, 14, 20, 10, 17], [10, 17], 73], [22, 5, [12, 14, 10, 19, 18], [19, 18], 73],
    [85, 6, [49, 57, 84, 40, 78, 73], [78, 73], 381], [86, 6, [49, 57, 40, 78, 73, 43], [73, 43], 340],
    [277, 64, [196, 228, 199, 163, 172, 51], [190, 14], 8299], [278, 64, [196, 228, 199, 163, 172, 51], [177, 10], 8422],
    [40000, 8192, [25095, 29266, 25508, 20989, 37422, 22101], [23313, 1907], 164580542], [5, 0, [], [], 0],
  ])('samples %i by %i', (population, count, first, last, sum) => {
    const drawn = new PythonRandom(2023).sample(population, count);
    expect(drawn).toHaveLength(count);
    expect(drawn.slice(0, first.length)).toEqual(first);
    expect(drawn.slice(count - last.length)).toEqual(last);
    expect(drawn.reduce((a, b) => a + b, 0)).toBe(sum);
  });

  it('cannot sample more than there is', () => {
    expect(() => new PythonRandom(1).sample(3, 4)).toThrow(RangeError);
  });
});
