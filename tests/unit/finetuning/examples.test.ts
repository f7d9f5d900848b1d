import { describe, expect, it } from 'vitest';
import { epochOrder, lengthOrder, makeBatch, paddedLengths } from '../../../src/main/finetuning/batches.ts';
import { encodeItems } from '../../../src/main/finetuning/examples.ts';
import { createAdapters } from '../../../src/main/finetuning/lora.ts';
import { findTask, GLUE_TASKS } from '../../../src/main/finetuning/tasks.ts';
import { Dropout } from '../../../src/main/models/dropout.ts';
import { EagerProgram } from '../../../src/main/tensorflow/eagerProgram.ts';
import { tf } from '../../../src/main/tensorflow/tf.ts';
import { finetuningOptions } from '../../../src/shared/finetuning.ts';
import { TINY_CONFIGS } from '../../support/tinyModels.ts';

const wsc = { text: 'The hen saw the fox and it ran.', span1_text: 'The hen', span2_text: 'it' };
const multirc = { paragraph: 'A hen ran.', question: 'Who ran?', answer: 'a hen' };

describe('tasks', () => {
  it('are the pipeline\'s eleven, of which one has no model of its own', () => {
    expect(GLUE_TASKS.map(({ name }) => name)).toEqual(['boolq', 'cola', 'mnli', 'mnli-mm', 'mrpc', 'multirc', 'qnli', 'qqp', 'rte', 'sst2', 'wsc']);
    expect(GLUE_TASKS.filter(({ name, trainedAs }) => name !== trainedAs).map(({ name, trainedAs }) => [name, trainedAs])).toEqual([['mnli-mm', 'mnli']]);
  });

  it('word their inputs as the pipeline\'s two scripts do', () => {
    expect(findTask('wsc').texts(wsc, 'all')).toEqual(['Does "it" refer to "The hen" in this passage?', wsc.text]);
    expect(findTask('wsc').texts(wsc, 'lora')).toEqual([wsc.text, 'Does "it" refer to "The hen"?']);
    expect(findTask('multirc').texts(multirc, 'all')).toEqual(['Question: Who ran? Answer: a hen', multirc.paragraph]);
    expect(findTask('multirc').texts(multirc, 'lora')).toEqual([multirc.paragraph, 'Who ran? a hen']);
    expect(findTask('boolq').texts({ question: 'q', passage: 'p' }, 'all')).toEqual(['q', 'p']);
    expect(findTask('qqp').texts({ question1: 'a', question2: 'b' }, 'lora')).toEqual(['a', 'b']);
    expect(findTask('cola').texts({ sentence: 's' }, 'all')).toEqual(['s']);
  });

  it('have the pipeline\'s settings unless told otherwise', () => {
    expect(finetuningOptions('all')).toMatchObject({ learningRate: 5e-5, batchSize: 64, epochs: 10, patience: 3, threshold: 0.001, seed: 12, maxLength: 128, warmupRatio: 0, lora: null });
    expect(finetuningOptions('lora', { epochs: 2, lora: { rank: 4 } }))
      .toMatchObject({ learningRate: 3e-4, batchSize: 64, epochs: 2, patience: null, warmupRatio: 0.06, lora: { rank: 4, alpha: 16, dropout: 0.1, targets: null } });
  });
});

describe('examples', () => {
  const tokenizer = { encode: (text: string) => Array.from(text, (letter) => letter.charCodeAt(0) - 96) };
  const encode = (items: Parameters<typeof encodeItems>[0], maxLength = 6, vocabSize = 30) => encodeItems(items, { labels: [0, 3], tokenizer, vocabSize, maxLength, path: 'x.jsonl' });

  it('are two texts without anything between them, the longer one cut first, and a class', () => {
    expect(encode([{ texts: ['ab', 'cd'], label: 3 }, { texts: ['abcdefg', 'hi'], label: 0 }, { texts: ['abcdefgh'], label: 0 }, { texts: ['abcd', 'efgh'], label: 0 }])).toEqual([
      { ids: Int32Array.of(1, 2, 3, 4), label: 1 }, { ids: Int32Array.of(1, 2, 3, 4, 8, 9), label: 0 }, { ids: Int32Array.of(1, 2, 3, 4, 5, 6), label: 0 }, { ids: Int32Array.of(1, 2, 3, 5, 6, 7), label: 0 },
    ]);
  });

  it('with tokens that the model lacks are refused', () => {
    expect(() => encode([{ texts: ['a'], label: 0 }, { texts: ['z'], label: 0 }], 6, 20)).toThrow(/Item 2 of x\.jsonl has the token 26, and the model knows 20/);
  });

  it('come once an epoch, in an order that follows from seed and epoch', () => {
    const order = epochOrder(100, 12, 0);
    expect([...order].sort((a, b) => a - b)).toEqual(Array.from({ length: 100 }, (_, i) => i));
    expect(epochOrder(100, 12, 0)).toEqual(order);
    for (const other of [epochOrder(100, 12, 1), epochOrder(100, 13, 0)]) expect(other).not.toEqual(order);
  });

  it('are padded to one of few lengths; rows that only fill up weigh nothing', () => {
    expect(paddedLengths(128)).toEqual([32, 64, 96, 128]);
    expect(paddedLengths(20)).toEqual([8, 16, 20]);
    const examples = [{ ids: Int32Array.of(5, 6, 7), label: 1 }, { ids: new Int32Array(), label: 0 }];
    const batch = makeBatch(examples, { rows: 3, padId: 9, maxLength: 20 });
    expect(batch).toMatchObject({ rows: 3, length: 8 });
    expect([...batch.ids.subarray(0, 9)]).toEqual([5, 6, 7, 9, 9, 9, 9, 9, 9]);
    expect([[...batch.last], [...batch.labels], [...batch.weights]]).toEqual([[2, 8, 0], [1, 0, 0], [1, 1, 0]]);
    expect(lengthOrder([...examples, examples[1]!])).toEqual([1, 2, 0]);
  });
});

describe('adapters', () => {
  it('add nothing at first, and drop their input at the rate that is asked for', () => {
    const program = new EagerProgram();
    const module = 'model.layers.0.self_attn.q_proj';
    const adapters = createAdapters(program, TINY_CONFIGS.llama, { rank: 2, alpha: 4, dropout: 0.25, targets: null }, 1);
    const [a, b] = [adapters.parameters.get(`${module}.lora_A.weight`)!, adapters.parameters.get(`${module}.lora_B.weight`)!];
    const bound = 1 / Math.sqrt(16);
    expect(Math.max(...program.read(a).map(Math.abs))).toBeLessThanOrEqual(bound);
    expect(Math.max(...program.read(a).map(Math.abs))).toBeGreaterThan(0.8 * bound);
    tf.tidy(() => {
      const x = tf.ones([4000, 16]) as ReturnType<typeof tf.tensor2d>;
      const delta = (seed?: number) => adapters.delta(module, x, new Dropout(seed === undefined ? undefined : tf.tensor1d([seed, 0], 'int32')))!.dataSync() as Float32Array;
      expect(delta().every((value) => value === 0)).toBe(true);
      expect(adapters.delta('model.layers.0.mlp.up_proj', x, new Dropout(undefined))).toBeNull();
      program.write(a, new Float32Array(a.size).fill(1));
      program.write(b, new Float32Array(b.size).fill(1));
      // alpha / rank = 2, times two ranks that each sum 16 ones.
      expect(delta()[0]).toBeCloseTo(64, 4);
      const dropped = delta(7);
      expect(dropped.reduce((sum, value) => sum + value, 0) / dropped.length).toBeCloseTo(64, 0);
      expect(new Set(dropped).size).toBeGreaterThan(5);
      expect(delta(7)).toEqual(dropped);
      expect(delta(8)).not.toEqual(dropped);
    });
    program.dispose();
  });
});
