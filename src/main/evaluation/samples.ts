/**
 * Sample files as lm_eval writes them with --log_samples, which the pipeline's collect_results.py reads: a JSON array, in spite of the
 * name `<task>_results.jsonl`.
 */
import { writeFileAtomic } from '../disk/atomic.ts';
import { isCorrect } from './aggregate.ts';
import type { MinimalPair } from './pairs.ts';

/**
 * @param logprobs nats, interleaved good and bad
 * @param greedy interleaved likewise: whether each token was the model's first choice
 */
export function writeSamples(path: string, pairs: readonly MinimalPair[], logprobs: Float64Array, greedy: Uint8Array): void {
  writeFileAtomic(path, (append) => {
    pairs.forEach((pair, i) => {
      const answers = [0, 1].map((choice) => [logprobs[2 * i + choice]!, greedy[2 * i + choice] === 1]);
      const sample = {
        doc_id: i,
        doc: pair.doc,
        target: 0,
        arguments: [['', ` ${pair.good}`], ['', ` ${pair.bad}`]],
        resps: answers.map((answer) => [answer]),
        filtered_resps: answers,
        acc: isCorrect(logprobs, i) ? 1 : 0,
      };
      append(`${i === 0 ? '[\n' : ',\n'}${JSON.stringify(sample)}`);
    });
    append(pairs.length === 0 ? '[]\n' : '\n]\n');
  });
}
