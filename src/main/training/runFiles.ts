/** What a training run keeps in its folder, as the engine reads it: without TensorFlow. */
import { existsSync, readdirSync, readFileSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { z } from 'zod';
import { textSample, type TextSample } from '../../shared/records.ts';

/** One {@link TextSample} as JSON per line; a resumed run may write one again. */
export const SAMPLE_FILE = 'samples.jsonl';

/** The samples of a run's folder by step; of a step that was written twice, the later. */
export function readSamples(folder: string): TextSample[] {
  const path = join(folder, SAMPLE_FILE);
  if (!existsSync(path)) return [];
  const bySteps = new Map<number, TextSample>();
  for (const line of readFileSync(path, 'utf8').split('\n')) {
    try {
      const sample = textSample.parse(JSON.parse(line));
      bySteps.set(sample.step, sample);
    } catch {
      // The last line may be cut short by a kill.
    }
  }
  return [...bySteps.values()].sort((a, b) => a.step - b.step);
}

export interface CheckpointEntry {
  step: number;
  bytes: number;
  /** Whether its eval loss was the lowest when the newest checkpoint was written. */
  best: boolean;
  createdAt: number;
}

/** The whole checkpoints of a run's folder (checkpoint.ts writes them), oldest first. */
export function listCheckpoints(folder: string): CheckpointEntry[] {
  const parent = join(folder, 'checkpoints');
  if (!existsSync(parent)) return [];
  const names = readdirSync(parent).filter((name) => /^step-\d+$/.test(name) && existsSync(join(parent, name, 'complete.json'))).sort();
  const newest = names.at(-1);
  const best = newest ? bestStep(join(parent, newest, 'state.json')) : null;
  return names.map((name) => {
    const files = readdirSync(join(parent, name)).map((file) => statSync(join(parent, name, file)));
    const step = Number(name.slice('step-'.length));
    return { step, bytes: files.reduce((sum, { size }) => sum + size, 0), best: best === step, createdAt: statSync(join(parent, name, 'complete.json')).mtimeMs };
  });
}

/** Which step a checkpoint's state calls the best; null when it names none or was spoilt, which resuming will complain of. */
function bestStep(path: string): number | null {
  try {
    return z.object({ best: z.object({ step: z.int() }) }).parse(JSON.parse(readFileSync(path, 'utf8'))).best.step;
  } catch {
    return null;
  }
}

/** Where the weights of checkpoints that shall outlive them are kept, in a run's folder. */
export const KEPT_WEIGHTS = 'weights';

export interface KeptWeights {
  step: number;
  /** A safetensors file. */
  path: string;
}

/** Weights that the run kept of its evaluations (config: training.keep_checkpoints), earliest first. */
export function listKeptWeights(folder: string): KeptWeights[] {
  const parent = join(folder, KEPT_WEIGHTS);
  if (!existsSync(parent)) return [];
  return readdirSync(parent).filter((name) => /^step-\d+\.safetensors$/.test(name)).sort().map((name) => ({ step: Number(name.slice('step-'.length, -'.safetensors'.length)), path: join(parent, name) }));
}
