/** What end-to-end tests share: a workspace with a small corpus of our own, and the engine in the test's process. */
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { startEngine } from '../../src/main/engine.ts';
import { METRIC_FILE } from '../../src/main/queue/jobMessages.ts';
import { Workspace } from '../../src/main/workspace.ts';
import type { EngineClient } from '../../src/shared/protocol.ts';
import type { RunDetail } from '../../src/shared/records.ts';

export const JOB_ENTRY = resolve(import.meta.dirname, '../../src/main/job.ts');

export async function openEngine(root: string) {
  const workspace = new Workspace(join(root, 'workspace'));
  const engine = await startEngine({ workspace, jobEntry: JOB_ENTRY });
  return { workspace, engine, client: engine.client() };
}

const WORDS = ['the', 'a', 'lamb', 'llama', 'fox', 'hill', 'sees', 'hears', 'likes', 'small', 'brown', 'old', 'and', 'sleeps', 'runs', 'under', 'tree'];

/** Sentences of random words: enough to train on, of no meaning. */
export function writeCorpus(folder: string): void {
  mkdirSync(folder, { recursive: true });
  const text = (count: number, from: number) =>
    Array.from({ length: count }, (_, i) => `${Array.from({ length: 7 }, (_, j) => WORDS[((i + from) * 13 + j * j * 5 + i * j) % WORDS.length]).join(' ')} .\n`).join('');
  writeFileSync(join(folder, 'children_stories.train'), text(600, 0));
  writeFileSync(join(folder, 'children_stories.dev'), text(80, 1000));
}

export function writeConfig(root: string, name: string, training: string): string {
  const path = join(root, `${name}.yaml`);
  writeFileSync(path, `data:
  tokenizer_path: tokenizer.json
  train_path: corpus
  eval_path: corpus
  seq_length: 16
  eval_samples: 8
model:
  type: GPT2
  name: ${name}
  hidden_size: 16
  n_layer: 1
  n_head: 2
  resid_pdrop: 0.1
  embd_pdrop: 0.1
  attn_pdrop: 0.1
training:
  lr: 1e-2
  batch_size: 8
  num_epochs: 2
  warmup_steps: 2
${training}`);
  return path;
}

/** Waits for a run's end, however it ends. */
export async function ended(client: EngineClient, runId: string): Promise<RunDetail> {
  for (;;) {
    const run = await client.request('run.get', { run: runId });
    if (run.state !== 'running' && run.state !== 'waiting') return run;
    await new Promise((resolve) => setTimeout(resolve, 20));
  }
}

/** Values of a metric file by step, without what depends on the clock; a later line for the same step replaces the earlier. */
export function lossesOf(runFolder: string): Record<string, Record<string, number>> {
  const bySteps: Record<string, Record<string, number>> = {};
  for (const line of readFileSync(join(runFolder, METRIC_FILE), 'utf8').split('\n').filter(Boolean)) {
    const { step, values } = JSON.parse(line) as { step: number; values: Record<string, number> };
    const timeless = Object.entries(values).filter(([name]) => !/tokensPerSecond|^memory\/|^cpu\/|^gpu\//.test(name));
    bySteps[step] = { ...bySteps[step], ...Object.fromEntries(timeless) };
  }
  return bySteps;
}
