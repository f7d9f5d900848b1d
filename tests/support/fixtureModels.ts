/** The reference models of ../shared/fixtures, made with PyTorch and transformers. */
import { readFileSync } from 'node:fs';
import { SafetensorsFile } from '../../src/main/models/safetensors.ts';
import { sharedPath } from './shared.ts';

export const FIXTURE_MODELS = ['gpt2', 'llama', 'llama_tied', 'gptj_tied_fullrot', 'gptj_partrot'] as const;
export type FixtureModel = (typeof FIXTURE_MODELS)[number];

export function fixtureFolder(name: FixtureModel): string {
  return sharedPath('fixtures', 'models', name);
}

interface TrainingOracle {
  losses: number[];
  grad_norms_preclip: number[];
  lrs: number[];
}

export interface FixtureSummary {
  num_parameters: number;
  loss: number;
  padded_loss: number;
  grad_norms: Record<string, number>;
  total_grad_norm: number;
  decay_params: string[];
  no_decay_params: string[];
  'wd0.0': TrainingOracle;
  'wd0.1': TrainingOracle;
}

export function fixtureSummary(name: FixtureModel): FixtureSummary {
  return JSON.parse(readFileSync(`${fixtureFolder(name)}/summary.json`, 'utf8')) as FixtureSummary;
}

export function openFixture(...segments: string[]): SafetensorsFile {
  return new SafetensorsFile(sharedPath('fixtures', ...segments));
}

/** Largest absolute difference; arrays of different lengths differ infinitely. */
export function maxDifference(a: ArrayLike<number>, b: ArrayLike<number>): number {
  if (a.length !== b.length) return Infinity;
  let largest = 0;
  for (let i = 0; i < a.length; i++) largest = Math.max(largest, Math.abs(a[i]! - b[i]!));
  return largest;
}
