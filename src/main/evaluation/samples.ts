/**
 * Sample files as lm_eval writes them with --log_samples, which the pipeline's collect_results.py reads: a JSON array, in spite of the
 * name `<task>_results.jsonl`.
 */
import { isCorrect } from '../../shared/outcomes.ts';
import { writeFileAtomic } from '../disk/atomic.ts';
import type { Protocol } from './protocols.ts';
import type { ChoiceItem } from './suites/suite.ts';

/**
 * @param logprobs nats, interleaved good and bad
 * @param greedy interleaved likewise: whether each token was the model's first choice
 */
export function writeSamples(path: string, protocol: Pick<Protocol, 'answer'>, items: readonly ChoiceItem[], logprobs: Float64Array, greedy: Uint8Array): void {
  writeFileAtomic(path, (append) => {
    items.forEach((item, i) => {
      const answers = [0, 1].map((choice) => [logprobs[2 * i + choice]!, greedy[2 * i + choice] === 1]);
      const sample = {
        doc_id: i,
        doc: item.doc,
        target: 0,
        arguments: [item.good, item.bad].map((text) => [item.context, protocol.answer(item, text)]),
        resps: answers.map((answer) => [answer]),
        filtered_resps: answers,
        acc: isCorrect(logprobs, i) ? 1 : 0,
      };
      append(`${i === 0 ? '[\n' : ',\n'}${JSON.stringify(sample)}`);
    });
    append(items.length === 0 ? '[]\n' : '\n]\n');
  });
}
