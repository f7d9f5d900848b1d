/** Items of a classification task, from JSON lines to token ids with a label. */
import { createHash } from 'node:crypto';
import { open } from 'node:fs/promises';
import { basename } from 'node:path';
import { CriaError } from '../../shared/errors.ts';
import type { FinetuningMethod } from '../../shared/finetuning.ts';
import type { GlueTask, Texts } from './tasks.ts';

export interface Item {
  texts: Texts;
  label: number;
}

export interface Example {
  ids: Int32Array;
  /** Index into the sorted labels of the training file. */
  label: number;
}

/**
 * Reads a task's file, one JSON object a line; blank lines are skipped.
 * @throws CriaError `bad-input` naming file and line; `not-found`
 */
export async function readItems(path: string, task: GlueTask, method: FinetuningMethod): Promise<Item[]> {
  const items: Item[] = [];
  let line = 0;
  for await (const text of readLines(path)) {
    line++;
    if (text.trim() === '') continue;
    items.push(parseItem(text, task, method, path, line));
  }
  if (items.length === 0) throw new CriaError('bad-input', `${path} holds no items.`, fieldHint(task));
  return items;
}

/** The classes of a task: its training file's labels, sorted. @throws CriaError `bad-input` when there is but one */
export function labelsOf(items: readonly Item[], path: string): number[] {
  const labels = [...new Set(items.map(({ label }) => label))].sort((a, b) => a - b);
  if (labels.length < 2) throw new CriaError('bad-input', `Every item of ${path} has the label ${labels[0]}; there is nothing to learn to tell apart.`);
  return labels;
}

export interface EncodingOptions {
  /** The task's labels in the order of the classes. */
  labels: readonly number[];
  tokenizer: { encode(text: string): ArrayLike<number> };
  /** Ids that the model knows. */
  vocabSize: number;
  /** Tokens that an input is cut to. */
  maxLength: number;
  /** Where the items come from, for errors. */
  path: string;
}

/**
 * Token ids of items. Two texts are encoded apart and put together without anything between them; where they are too long, the longer one
 * is cut first (see {@link keptLengths}).
 * @throws CriaError `bad-input` for a label that the training file lacks, or a token that the model lacks
 */
export function encodeItems(items: readonly Item[], { labels, tokenizer, vocabSize, maxLength, path }: EncodingOptions): Example[] {
  const classes = new Map(labels.map((label, index) => [label, index]));
  return items.map(({ texts, label }, index) => {
    const found = classes.get(label);
    if (found === undefined) {
      throw new CriaError('bad-input', `Item ${index + 1} of ${path} has the label ${label}, which the training file lacks (it has ${labels.join(', ')}).`);
    }
    const [first, second = []] = texts.map((text) => tokenizer.encode(text)) as [ArrayLike<number>, ArrayLike<number>?];
    const [keptFirst, keptSecond] = keptLengths(first.length, second.length, maxLength);
    const ids = new Int32Array(keptFirst + keptSecond);
    ids.set(Array.prototype.slice.call(first, 0, keptFirst));
    ids.set(Array.prototype.slice.call(second, 0, keptSecond), keptFirst);
    const foreign = ids.find((id) => id >= vocabSize);
    if (foreign !== undefined) {
      throw new CriaError('bad-input', `Item ${index + 1} of ${path} has the token ${foreign}, and the model knows ${vocabSize}.`, 'Put the tokenizer.json that the model was trained with into its folder.');
    }
    return { ids, label: found };
  });
}

/**
 * How much of each of two texts is kept by the truncation that Hugging Face's tokenizers call longest_first: the shorter one whole where
 * it leaves room, else both at half the room, of which the longer one gets the odd token. (At equal lengths the second gets it.)
 * @returns tokens kept of the first and of the second
 */
export function keptLengths(first: number, second: number, maxLength: number): [number, number] {
  if (first + second <= maxLength) return [first, second];
  const half = Math.floor(maxLength / 2);
  const shorter = Math.min(first, second);
  const [less, more] = shorter > half ? [half, maxLength - half] : [shorter, maxLength - shorter];
  return first > second ? [more, less] : [less, more];
}

/** SHA-256 over what the model is given and shall answer, so that re-saved JSON with the same items counts as the same data. */
export function itemsDigest(items: readonly Item[]): string {
  const hash = createHash('sha256');
  for (const { texts, label } of items) hash.update(`${texts.join('\0')}\0${label}\0\0`);
  return hash.digest('hex');
}

async function* readLines(path: string): AsyncGenerator<string> {
  const file = await open(path).catch((error: unknown) => {
    throw new CriaError('not-found', `${path} cannot be read: ${(error as Error).message}`, 'Check the folder of evaluation data.', { cause: error });
  });
  yield* file.readLines({ encoding: 'utf8' });
}

function parseItem(text: string, task: GlueTask, method: FinetuningMethod, path: string, line: number): Item {
  const where = `${basename(path)}, line ${line}`;
  const bad = (what: string, cause?: unknown) => new CriaError('bad-input', `${where} ${what}.`, `${fieldHint(task)} File: ${path}`, { cause });
  let item: unknown;
  try {
    item = JSON.parse(text);
  } catch (error) {
    throw bad(`is not JSON: ${(error as Error).message}`, error);
  }
  if (typeof item !== 'object' || item === null || Array.isArray(item)) throw bad('is not a JSON object');
  const { label, ...rest } = item as Record<string, unknown>;
  for (const field of task.fields) if (typeof rest[field] !== 'string') throw bad(`lacks the text "${field}"`);
  if (!Number.isSafeInteger(label)) throw bad('lacks a whole number as "label"');
  return { texts: task.texts(rest as Record<string, string>, method), label: label as number };
}

function fieldHint(task: GlueTask): string {
  return `Each line of ${task.title} is a JSON object with ${task.fields.map((field) => `"${field}"`).join(', ')} and "label".`;
}
