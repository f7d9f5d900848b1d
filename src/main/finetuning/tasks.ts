/**
 * The challenge's classification tasks (GLUE and SuperGLUE), as data: which fields make an item's input, in which words and order. From the
 * 2024 pipeline's finetune_classification.py and train_lora.py.
 */
import { CriaError } from '../../shared/errors.ts';
import type { FinetuningMethod } from '../../shared/finetuning.ts';

/** One input text, or two that are joined without anything between them. */
export type Texts = readonly [string] | readonly [string, string];

type Fields = Readonly<Record<string, string>>;

export interface GlueTask {
  name: string;
  title: string;
  /** Text fields that every item has. */
  fields: readonly string[];
  /** The pipeline words two tasks differently for the two methods. */
  texts(item: Fields, method: FinetuningMethod): Texts;
  /** Task whose training file and model this one uses; its own name unless it has none. */
  trainedAs: string;
}

/** A task whose texts are one field, or two in their order. */
function plain(name: string, title: string, fields: readonly [string] | readonly [string, string], trainedAs = name): GlueTask {
  const [first, second] = fields;
  return { name, title, fields, trainedAs, texts: (item) => (second === undefined ? [item[first]!] : [item[first]!, item[second]!]) };
}

/** In the pipeline's order. */
export const GLUE_TASKS: readonly GlueTask[] = [
  plain('boolq', 'BoolQ', ['question', 'passage']),
  plain('cola', 'CoLA', ['sentence']),
  plain('mnli', 'MNLI, matched', ['premise', 'hypothesis']),
  plain('mnli-mm', 'MNLI, mismatched', ['premise', 'hypothesis'], 'mnli'),
  plain('mrpc', 'MRPC', ['sentence1', 'sentence2']),
  {
    name: 'multirc',
    title: 'MultiRC',
    fields: ['paragraph', 'question', 'answer'],
    texts: ({ paragraph, question, answer }, method) =>
      (method === 'all' ? [`Question: ${question!} Answer: ${answer!}`, paragraph!] : [paragraph!, `${question!} ${answer!}`]),
    trainedAs: 'multirc',
  },
  plain('qnli', 'QNLI', ['question', 'sentence']),
  plain('qqp', 'QQP', ['question1', 'question2']),
  plain('rte', 'RTE', ['sentence1', 'sentence2']),
  plain('sst2', 'SST-2', ['sentence']),
  {
    name: 'wsc',
    title: 'WSC',
    fields: ['text', 'span1_text', 'span2_text'],
    texts: ({ text, span1_text, span2_text }, method) =>
      (method === 'all' ? [`Does "${span2_text!}" refer to "${span1_text!}" in this passage?`, text!] : [text!, `Does "${span2_text!}" refer to "${span1_text!}"?`]),
    trainedAs: 'wsc',
  },
];

export const TASK_NAMES: readonly string[] = GLUE_TASKS.map(({ name }) => name);

/** @throws CriaError `bad-input` for a name that is no task */
export function findTask(name: string): GlueTask {
  const task = GLUE_TASKS.find((candidate) => candidate.name === name);
  if (task) return task;
  throw new CriaError('bad-input', `There is no GLUE task "${name}".`, `Tasks: ${TASK_NAMES.join(', ')}.`);
}
