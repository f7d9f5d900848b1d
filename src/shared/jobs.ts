/**
 * The kinds of job, their parameters and results: one entry each. The engine validates parameters with these schemas, job.ts
 * dispatches on the kind, the store keeps both as JSON. All paths in parameters are absolute.
 */
import { z } from 'zod';
import type { CleanResult, EncodeResult, EvaluateResult, PairScore, TokenizerResult, TrainResult } from './results.ts';
import type { RunConfig } from './config.ts';

/** A config that has been through the config reader; only its outline is checked again here. */
const resolvedConfig = z.custom<RunConfig>((value) => typeof value === 'object' && value !== null && 'model' in value && 'training' in value);

export const JOB_PARAMS = {
  /** Clean a folder of BabyLM text. */
  clean: z.object({ input: z.string(), output: z.string() }),
  /** Train a byte-level BPE tokenizer on `.train` files. */
  tokenizer: z.object({
    inputs: z.array(z.string()).min(1),
    output: z.string(),
    vocabSize: z.int().min(260).max(1_000_000),
    minFrequency: z.int().min(1),
  }),
  /** Encode one file in one call into a bare file of little-endian ids. */
  encode: z.object({ input: z.string(), tokenizer: z.string(), addPrefixSpace: z.boolean().nullable(), output: z.string() }),
  /** Train a model, or distil one when the config has a `distillation` section. */
  train: z.object({ config: resolvedConfig, resume: z.boolean().default(false) }),
  /** Score models on suites of minimal pairs. */
  evaluate: z.object({
    models: z.array(z.object({ name: z.string(), folder: z.string() })).min(1),
    suites: z.array(z.string()).min(1),
    /** Folder that holds the suites' data folders; null: the workspace's. */
    data: z.string().nullable(),
    /** Folder that per-task sample files are written to; null: none. */
    out: z.string().nullable(),
  }),
  /** Score a file of minimal pairs and return every pair. */
  score: z.object({ model: z.object({ name: z.string(), folder: z.string() }), pairs: z.string() }),
  /** Write the demo's corpus and minimal pairs. */
  'demo-corpus': z.object({ output: z.string(), seed: z.int(), words: z.int().min(2000) }),
  /** Load TensorFlow, multiply two matrices, tell what was found. */
  probe: z.object({}),
} as const;

export type JobKind = keyof typeof JOB_PARAMS;
export type JobParams<K extends JobKind> = z.output<(typeof JOB_PARAMS)[K]>;

export interface JobResults {
  clean: CleanResult;
  tokenizer: TokenizerResult;
  encode: EncodeResult;
  train: TrainResult;
  evaluate: EvaluateResult;
  score: { pairs: PairScore[] };
  'demo-corpus': { corpus: string; pairs: string; words: number; pairCount: number };
  probe: { tensorflow: string; variant: 'cpu' | 'gpu'; device: string; threads: number; gigaflops: number };
}

/** Every state a job can be in. The last four are final. */
export const JOB_STATES = ['waiting', 'running', 'interrupted', 'done', 'failed', 'stopped'] as const;
export type JobState = (typeof JOB_STATES)[number];
