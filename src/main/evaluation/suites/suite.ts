/**
 * A suite as data. It says where its items come from, how an item becomes what a model is given, how the model answers, how answers
 * become scores, and under which protocols and version the score is known. Minimal pairs, EWoK, GLUE and a lab's own files are such
 * descriptions; the machinery that they share is in data.ts (finding), evaluate.ts (measuring), aggregate.ts (scoring).
 */
import type { Metric, ProtocolName } from '../../../shared/scores.ts';

export interface Subtask {
  name: string;
  /** What the subtask is grouped under; null when the suite has no groups. */
  phenomenon: string | null;
  /** Items of the official file. */
  items: number;
}

/** Where a suite's files lie. */
export interface DataSource {
  /** Names under which the suite's folder is found in a data folder, in order of preference; a download takes the first. */
  folders: readonly string[];
  /** The file of a subtask's items, whose presence says that the subtask is there. */
  file: (subtask: string) => string;
  /** The last part of the names of item files, for suites whose subtasks are not fixed. */
  suffix: string;
  /** Folder names under which a raw release is known, whose tables the items are made from; null: there is no such release. */
  release: readonly string[] | null;
}

/** A question of two answers, of which the first is right. */
export interface ChoiceItem {
  /** What both answers follow; empty: nothing, they are whole sentences. */
  context: string;
  good: string;
  bad: string;
  /** 1-based line of the file, or row of the table. */
  line: number;
  /** The whole item as the file has it. */
  doc: Record<string, unknown>;
}

/** How an item's fields are read. */
export interface ItemFormat {
  /** Fields that have to be non-empty strings: the context (null: none), the right answer, the wrong one. */
  fields: { context: string | null; good: string; bad: string };
  /** The items' text must stay in the user's own folder: it is neither logged nor stored, and written only where the user says so. */
  isGated: boolean;
}

/** Two whole sentences, the first of which is grammatical. */
export const MINIMAL_PAIR: ItemFormat = { fields: { context: null, good: 'sentence_good', bad: 'sentence_bad' }, isGated: false };

/** The model prefers the answer whose log-probability is higher; a tie counts as right. Score: accuracy. */
export interface ChoiceMethod extends ItemFormat {
  kind: 'choice';
  /** Name of a subtask's sample file, as lm_eval names the pipeline's tasks. */
  sampleFile: (subtask: string) => string;
}

/** A classifier on the model is trained on each subtask and predicts a class for every validation item. */
export interface FineTuningMethod {
  kind: 'fine-tuning';
  /** All weights, or low-rank adapters beside frozen ones. */
  trains: 'all' | 'lora';
  /** A subtask's score. */
  metric: (subtask: string) => Metric;
}

/** Where a suite's predictions stand in a submission of the challenge. */
export interface SubmissionPlace {
  task: 'glue' | 'blimp' | 'blimp_supplement' | 'ewok';
  /** 2025's names: task and data set in results/MODEL/REVISION/zero_shot/BACKEND/TASK/DATASET. */
  folder2025: string | null;
}

interface SuiteOf<M> {
  name: string;
  title: string;
  /** Version of the official data. A score on other items gets a version of its own, made from their fingerprint. */
  version: string;
  /** Protocols that it is scored by; the first is the usual one. */
  protocols: readonly [ProtocolName, ...ProtocolName[]];
  source: DataSource;
  /** The official subtasks; null: every item file of the folder is one. */
  subtasks: readonly Subtask[] | null;
  /** Fingerprint of the official items (see pairs.ts); null when they are not fixed, or not ours to have seen. */
  fingerprint: string | null;
  method: M;
  /** Null: no part of the challenge. */
  submission: SubmissionPlace | null;
  /** What a user without the data is told. */
  howToGet: string;
}

export type ChoiceSuite = SuiteOf<ChoiceMethod>;
export type FineTuningSuite = SuiteOf<FineTuningMethod>;
/** The score of every suite is the unweighted mean of its subtasks' scores. */
export type Suite = ChoiceSuite | FineTuningSuite;

/** One .jsonl file a subtask. */
export const JSONL: Omit<DataSource, 'folders'> = { file: (subtask) => `${subtask}.jsonl`, suffix: '.jsonl', release: null };

export const byName = (a: { name: string }, b: { name: string }): number => (a.name < b.name ? -1 : 1);

/** Subtasks without groups, from a table of their sizes. */
export function subtasksOf(sizes: Readonly<Record<string, number>>): Subtask[] {
  return Object.entries(sizes).map(([name, items]) => ({ name, phenomenon: null, items })).sort(byName);
}
