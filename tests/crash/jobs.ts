/** All kinds of job, each with what it leaves behind, so that what is there after a kill can be told from what should be. */
import { copyFileSync, mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { EngineClient } from '../../src/shared/protocol.ts';
import { writeConfig, writeCorpus } from '../e2e/support.ts';

export interface Job {
  kind: string;
  /** Starts it under a number; answers with the run's id. */
  start(client: EngineClient, number: number): Promise<{ runId: string }>;
  /** Where it leaves its work; null when that is only its result. */
  output(number: number): string | null;
}

/** Steps, and evaluations and checkpoints, enough for a kill to fall between, into and after them. */
const TRAINING = '  max_steps: 60\n  eval_steps: 6\n  logging_steps: 1\n';
export const REFERENCE = 0;

/** Writes the inputs. */
export function writeInputs(root: string): void {
  writeCorpus(join(root, 'corpus'));
  mkdirSync(join(root, 'raw'));
  // Cleaned by rules, and large enough to be killed over.
  copyFileSync(join(root, 'corpus', 'children_stories.train'), join(root, 'raw', 'children_stories.train'));
  writeFileSync(join(root, 'raw', 'aochildes.train'), 'hello  there , you .\n'.repeat(20_000));
  writeFileSync(join(root, 'pairs.jsonl'), Array.from({ length: 300 }, (_, i) => `${JSON.stringify({ sentence_good: `the lamb sees tree ${i}`, sentence_bad: `the lamb tree sees ${i}` })}\n`).join(''));
  mkdirSync(join(root, 'out'));
}

export function makeJobs(root: string, workspace: string): Job[] {
  const out = (name: string) => join(root, 'out', name);
  const model = `train-${REFERENCE}`;
  return [
    {
      kind: 'tokenizer',
      start: (client, n) => client.request('tokenizer.train', { inputs: [join(root, 'corpus')], output: n === REFERENCE ? join(root, 'tokenizer.json') : out(`tokenizer-${n}.json`), vocabSize: 300, minFrequency: 1 }),
      output: (n) => (n === REFERENCE ? join(root, 'tokenizer.json') : out(`tokenizer-${n}.json`)),
    },
    {
      kind: 'train',
      start: (client, n) => client.request('run.start', { configFile: writeConfig(root, `train-${n}`, TRAINING), workingFolder: root, overrides: [], method: 'train' }),
      output: (n) => join(workspace, 'models', `train-${n}`),
    },
    { kind: 'clean', start: (client, n) => client.request('corpus.clean', { input: join(root, 'raw'), output: out(`clean-${n}`) }), output: (n) => out(`clean-${n}`) },
    {
      kind: 'encode',
      start: (client, n) => client.request('corpus.encode', { input: join(root, 'raw', 'aochildes.train'), tokenizer: join(root, 'tokenizer.json'), addPrefixSpace: null, output: out(`ids-${n}`) }),
      output: (n) => out(`ids-${n}`),
    },
    { kind: 'demo-corpus', start: (client, n) => client.request('demo.makeCorpus', { output: out(`demo-${n}`), seed: 1, words: 3000 }), output: (n) => out(`demo-${n}`) },
    { kind: 'export', start: (client, n) => client.request('model.export', { model, output: out(`export-${n}`) }), output: (n) => out(`export-${n}`) },
    { kind: 'import', start: (client, n) => client.request('model.import', { source: out(`export-${REFERENCE}`), name: `import-${n}` }), output: (n) => join(workspace, 'models', `import-${n}`) },
    {
      kind: 'evaluate',
      start: (client, n) => client.request('evaluation.start', { models: [model], suites: [`pairs:${join(root, 'pairs.jsonl')}`], data: null, out: out(`eval-${n}`) }),
      output: (n) => out(`eval-${n}`),
    },
    { kind: 'generate', start: (client) => client.request('model.generate', { model, prompt: 'the lamb', maxTokens: 40 }), output: () => null },
  ];
}
