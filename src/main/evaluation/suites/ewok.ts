/** EWoK (Ivanova et al. 2024), elements of world knowledge. Its items are gated: their text stays in the user's own folder. */
import { JSONL, subtasksOf, type ChoiceMethod, type ChoiceSuite } from './suite.ts';

/** Items of each domain that the BabyLM vocabulary leaves, twins included. */
const DOMAINS: Record<string, number> = {
  'agent-properties': 2210, 'material-dynamics': 770, 'material-properties': 170, 'physical-dynamics': 120, 'physical-interactions': 556,
  'physical-relations': 818, 'quantitative-properties': 314, 'social-interactions': 294, 'social-properties': 328, 'social-relations': 1548,
  'spatial-relations': 490,
};

/** Which of two targets follows a context. Swapping contexts and targets makes an item's twin. */
const method = (sampleFile: (subtask: string) => string): ChoiceMethod =>
  ({ kind: 'choice', fields: { context: 'Context1', good: 'Target1', bad: 'Target2' }, sampleFile, isGated: true });

export const EWOK_SUITES: readonly ChoiceSuite[] = [
  {
    name: 'ewok',
    title: 'EWoK, filtered to a vocabulary',
    version: '1.0-filtered',
    protocols: ['babylm-2024', 'babylm-2025'],
    source: { ...JSONL, folders: ['ewok_filtered', 'ewok-core-1.0', 'ewok'], release: ['ewok-core-1.0', 'ewok'] },
    subtasks: subtasksOf(DOMAINS),
    fingerprint: null,
    method: method((subtask) => `ewok_${subtask}_filtered_results.jsonl`),
    submission: { task: 'ewok', folder2025: 'ewok/ewok_filtered' },
    howToGet: 'Ask for access to ewok-core/ewok-core-1.0 on Hugging Face, download it, and give its folder with --ewok (and a vocabulary with '
      + '--vocabulary); or give the folder ewok_filtered that the challenge\'s own script makes of it.',
  },
  {
    name: 'ewok-fast',
    title: 'EWoK, 100 items a domain, for checkpoints',
    version: '2025-fast',
    protocols: ['babylm-2025'],
    source: { ...JSONL, folders: ['ewok_fast', 'fast_eval/ewok_fast'] },
    subtasks: subtasksOf(Object.fromEntries(Object.keys(DOMAINS).map((name) => [name, 100]))),
    fingerprint: null,
    method: method((subtask) => `ewok_${subtask}_fast_results.jsonl`),
    submission: { task: 'ewok', folder2025: 'ewok/ewok_fast' },
    howToGet: 'Download ewok_fast.zip of the challenge of 2025 (osf.io/ryjfm), unpack it with the password that its README tells, and give its place with --data.',
  },
];
