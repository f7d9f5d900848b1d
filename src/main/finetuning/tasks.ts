/**
 * The challenge's classification tasks (GLUE and SuperGLUE), as data: which fields make an item's input, in which words and order, and
 * how predictions are scored. From the 2024 pipeline: finetune_classification.py, train_lora.py and score_predictions.py.
 */
import { CriaError } from '../../shared/errors.ts';
import type { MetricName } from './metrics.ts';

/** `full` trains every weight; `lora` trains low-rank adapters and the classifier. The pipeline words two tasks differently for each. */
export const METHODS = ['full', 'lora'] as const;
export type Method = (typeof METHODS)[number];

/** One input text, or two that are joined without anything between them. */
export type Texts = readonly [string] | readonly [string, string];

type Fields = Readonly<Record<string, string>>;

export interface GlueTask {
  name: string;
  title: string;
  /** Text fields that every item has. */
  fields: readonly string[];
  texts(item: Fields, method: Method): Texts;
  /** What score_predictions.py reports. */
  metric: MetricName;
  /** Task whose training file and model this one uses; its own name unless it has none. */
  trainedAs: string;
  /** Items of the official file to predict. */
  items: number;
}

/** A task whose texts are one field, or two in their order. */
function plain(name: string, title: string, items: number, fields: readonly [string] | readonly [string, string], metric: MetricName = 'accuracy', trainedAs = name): GlueTask {
  const [first, second] = fields;
  return { name, title, fields, metric, trainedAs, items, texts: (item) => (second === undefined ? [item[first]!] : [item[first]!, item[second]!]) };
}

/** In the pipeline's order. */
export const GLUE_TASKS: readonly GlueTask[] = [
  plain('boolq', 'BoolQ', 1635, ['question', 'passage']),
  plain('cola', 'CoLA', 522, ['sentence'], 'matthews'),
  plain('mnli', 'MNLI, matched', 4908, ['premise', 'hypothesis']),
  plain('mnli-mm', 'MNLI, mismatched', 4916, ['premise', 'hypothesis'], 'accuracy', 'mnli'),
  plain('mrpc', 'MRPC', 204, ['sentence1', 'sentence2'], 'f1'),
  {
    name: 'multirc',
    title: 'MultiRC',
    fields: ['paragraph', 'question', 'answer'],
    texts: ({ paragraph, question, answer }, method) =>
      method === 'full' ? [`Question: ${question!} Answer: ${answer!}`, paragraph!] : [paragraph!, `${question!} ${answer!}`],
    metric: 'accuracy',
    trainedAs: 'multirc',
    items: 2424,
  },
  plain('qnli', 'QNLI', 2732, ['question', 'sentence']),
  plain('qqp', 'QQP', 20_215, ['question1', 'question2'], 'f1'),
  plain('rte', 'RTE', 139, ['sentence1', 'sentence2']),
  plain('sst2', 'SST-2', 436, ['sentence']),
  {
    name: 'wsc',
    title: 'WSC',
    fields: ['text', 'span1_text', 'span2_text'],
    texts: ({ text, span1_text, span2_text }, method) =>
      method === 'full' ? [`Does "${span2_text!}" refer to "${span1_text!}" in this passage?`, text!] : [text!, `Does "${span2_text!}" refer to "${span1_text!}"?`],
    metric: 'accuracy',
    trainedAs: 'wsc',
    items: 52,
  },
];

export const TASK_NAMES: readonly string[] = GLUE_TASKS.map(({ name }) => name);

/** @throws CriaError `bad-input` for a name that is no task */
export function findTask(name: string): GlueTask {
  const task = GLUE_TASKS.find((candidate) => candidate.name === name);
  if (task) return task;
  throw new CriaError('bad-input', `There is no GLUE task "${name}".`, `Tasks: ${TASK_NAMES.join(', ')}.`);
}
