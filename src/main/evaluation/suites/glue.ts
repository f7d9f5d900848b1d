/** The challenge's cut of GLUE and SuperGLUE: a classifier on the model for each task, by all weights or by LoRA. */
import type { Metric } from '../../../shared/scores.ts';
import { subtasksOf, type FineTuningMethod, type FineTuningSuite } from './suite.ts';

/** Validation items of each task. `mnli-mm` is predicted by the model that was trained on `mnli`. */
const TASKS: Record<string, number> = {
  boolq: 1635, cola: 522, mnli: 4908, 'mnli-mm': 4916, mrpc: 204, multirc: 2424, qnli: 2732, qqp: 20_215, rte: 139, sst2: 436, wsc: 52,
};

const METRIC: Record<string, Metric> = { cola: 'matthews', mrpc: 'f1', qqp: 'f1' };

const suite = (name: string, title: string, trains: FineTuningMethod['trains']): FineTuningSuite => ({
  name,
  title,
  version: '2024-filtered',
  protocols: ['babylm-2024'],
  source: { folders: ['glue_filtered', 'glue'], file: (subtask) => `${subtask}.valid.jsonl`, suffix: '.valid.jsonl', release: null },
  subtasks: subtasksOf(TASKS),
  fingerprint: null,
  method: { kind: 'fine-tuning', trains, metric: (subtask) => METRIC[subtask] ?? 'accuracy' },
  submission: { task: 'glue', folder2025: null },
  howToGet: 'Download the folder evaluation_data of the challenge (osf.io/ad7qg), which holds glue_filtered, and give its place with --data.',
});

export const GLUE_SUITES: readonly FineTuningSuite[] = [
  suite('glue', 'GLUE, fine-tuned', 'all'),
  suite('glue-lora', 'GLUE, by LoRA', 'lora'),
];
