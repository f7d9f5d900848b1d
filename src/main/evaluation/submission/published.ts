/** Published scores of the challenge's baselines, in percent, by protocol. */
import type { ProtocolName } from '../../../shared/scores.ts';

export interface PublishedRow {
  name: string;
  /** Words that it was trained on. */
  words: string;
  /** In the order of the protocol's tasks. */
  scores: readonly number[];
  /** As published, which is the mean of unrounded scores; null: of tasks that are not measured here. */
  mean: number | null;
}

export interface PublishedTable {
  /** Names of the suites that the columns show, and their titles. */
  tasks: readonly { suite: string; title: string }[];
  rows: readonly PublishedRow[];
  /** What the challenge measures beyond these tasks; its mean is then not the mean of the columns. */
  notMeasured: readonly string[];
}

export const PUBLISHED: Record<ProtocolName, PublishedTable> = {
  // README of babylm/evaluation-pipeline-2024.
  'babylm-2024': {
    tasks: [{ suite: 'blimp', title: 'BLiMP' }, { suite: 'supplement', title: 'Supplement' }, { suite: 'ewok', title: 'EWoK' }, { suite: 'glue', title: 'GLUE' }],
    rows: [
      { name: 'BabyLlama', words: '10M', scores: [69.8, 59.5, 50.7, 63.3], mean: 60.8 },
      { name: 'LTG-BERT', words: '10M', scores: [60.6, 60.8, 48.9, 60.3], mean: 57.7 },
      { name: 'BabyLlama', words: '100M', scores: [73.1, 60.6, 52.1, 69.0], mean: 63.7 },
      { name: 'LTG-BERT', words: '100M', scores: [69.2, 66.5, 51.9, 68.4], mean: 64.0 },
    ],
    notMeasured: [],
  },
  // Baselines of the challenge of 2025.
  'babylm-2025': {
    tasks: [{ suite: 'blimp', title: 'BLiMP' }, { suite: 'supplement', title: 'Supplement' }, { suite: 'ewok', title: 'EWoK' }],
    rows: [
      { name: 'GPT-2 small', words: '10M', scores: [67.29, 59.09, 49.8], mean: null },
      { name: 'GPT-BERT, causal focus', words: '10M', scores: [71.66, 63.21, 49.49], mean: null },
      { name: 'GPT-2 small', words: '100M', scores: [75.07, 64.96, 51.22], mean: null },
      { name: 'GPT-BERT, causal focus', words: '100M', scores: [79.29, 70.42, 52.32], mean: null },
    ],
    notMeasured: ['GLUE as 2025 cuts it', 'entity tracking', 'COMPS', 'WUG (adjectives, past tense)', 'reading times', 'age of acquisition'],
  },
};
