/** Minimal pairs that are nobody's benchmark: the demo's, and a lab's own files. */
import { minimalPairs } from './blimp.ts';
import { JSONL, type ChoiceSuite } from './suite.ts';

export const DEMO: ChoiceSuite = {
  name: 'demo',
  title: "The demo's minimal pairs",
  version: '1',
  protocols: ['babylm-2024', 'babylm-2025'],
  source: { ...JSONL, folders: ['demo'] },
  subtasks: null,
  fingerprint: null,
  method: minimalPairs((subtask) => `demo_${subtask}_results.jsonl`),
  submission: null,
  howToGet: 'Run `cria demo`, which makes it.',
};

/** What the name of a suite of a lab's own begins with; a path, or a name in the workspace's data folder, follows. */
export const OWN_PREFIX = 'pairs:';

/** The suite that a .jsonl file of minimal pairs, or a folder of such files, is. @param stem its name without folder and suffix */
export function ownSuite(stem: string): ChoiceSuite {
  return {
    ...DEMO,
    name: `${OWN_PREFIX}${stem}`,
    title: stem,
    version: 'own',
    source: { ...JSONL, folders: [] },
    method: minimalPairs((subtask) => `${stem === subtask ? stem : `${stem}_${subtask}`}_results.jsonl`),
    howToGet: 'Check the path after "pairs:".',
  };
}
