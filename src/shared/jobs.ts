/**
 * The kinds of job, their parameters and results: one entry each. The engine validates parameters with these schemas, job.ts
 * dispatches on the kind, the store keeps both as JSON. All paths in parameters are absolute.
 */
import { z } from 'zod';
import type { RunConfig } from './config.ts';
import { finetuningRequest } from './finetuning.ts';
import {
  cleanResult,
  demoCorpusResult,
  encodeResult,
  evaluateResult,
  modelFolderResult,
  pairScore,
  probeResult,
  tokenizerResult,
  trainResult,
} from './results.ts';
import { DEFAULT_PROTOCOL, PROTOCOLS } from './scores.ts';

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
  /** Score models on suites. */
  evaluate: z.object({
    models: z.array(z.object({
      name: z.string(),
      folder: z.string(),
      /** A checkpoint of the model's run, to be measured in place of the finished model: optimiser steps, and the file of its weights. */
      checkpoint: z.object({ step: z.int(), weights: z.string() }).optional(),
    })).min(1),
    suites: z.array(z.string()).min(1),
    protocol: z.enum(PROTOCOLS).default(DEFAULT_PROTOCOL),
    /** Folder that holds the suites' data folders; null: the workspace's. */
    data: z.string().nullable(),
    /** Folders of single suites, by their names. */
    folders: z.record(z.string(), z.string()).default({}),
    /** What raw releases are filtered by: a list of words, or a corpus; null: a vocab.txt beside the release. */
    vocabulary: z.string().nullable().default(null),
    /** Folder that per-task sample files are written to; null: none. */
    out: z.string().nullable(),
    /** Fetch missing data from its official source. */
    download: z.boolean().default(false),
    /** Settings of fine-tuning suites. */
    finetuning: finetuningRequest.prefault({}),
  }),
  /** Score a file of minimal pairs and return every pair. */
  score: z.object({ model: z.object({ name: z.string(), folder: z.string() }), pairs: z.string() }),
  /** Write the demo's corpus and minimal pairs. */
  'demo-corpus': z.object({ output: z.string(), seed: z.int(), words: z.int().min(2000) }),
  /** Copy a Hugging Face folder into the workspace, checked and normalised. */
  import: z.object({ source: z.string(), name: z.string() }),
  /** Write a model of the workspace as a Hugging Face folder. */
  export: z.object({ model: z.object({ name: z.string(), folder: z.string() }), output: z.string() }),
  /** Continue a prompt, token by token. */
  generate: z.object({
    model: z.object({ name: z.string(), folder: z.string() }),
    prompt: z.string(),
    maxTokens: z.int().min(1),
    temperature: z.number().min(0),
    topK: z.int().min(0),
    topP: z.number(),
    seed: z.int().min(0),
  }),
  /** Load TensorFlow, multiply two matrices, tell what was found. */
  probe: z.object({}),
} as const;

export const JOB_RESULTS = {
  clean: cleanResult,
  tokenizer: tokenizerResult,
  encode: encodeResult,
  train: trainResult,
  evaluate: evaluateResult,
  score: z.object({ pairs: z.array(pairScore) }),
  'demo-corpus': demoCorpusResult,
  import: modelFolderResult,
  export: modelFolderResult,
  generate: z.object({ text: z.string(), tokens: z.int(), seconds: z.number() }),
  probe: probeResult,
} as const satisfies Record<keyof typeof JOB_PARAMS, z.ZodType>;

export type JobKind = keyof typeof JOB_PARAMS;
export const JOB_KINDS = Object.keys(JOB_PARAMS) as [JobKind, ...JobKind[]];
export type JobParams<K extends JobKind> = z.output<(typeof JOB_PARAMS)[K]>;
export type JobResults = { [K in JobKind]: z.infer<(typeof JOB_RESULTS)[K]> };

/**
 * Every state a job can be in. A job that is interrupted (its process died), failed, paused or stopped can be resumed where its kind
 * allows; done is for good. Paused is stopped by someone who said that it shall go on.
 */
export const JOB_STATES = ['waiting', 'running', 'paused', 'interrupted', 'done', 'failed', 'stopped'] as const;
export type JobState = (typeof JOB_STATES)[number];

/** States in which nothing more happens by itself. */
export const ENDED_STATES: readonly JobState[] = ['paused', 'interrupted', 'done', 'failed', 'stopped'];

/** Kinds that someone sits and waits for: they start at once, whatever else runs. */
export const INTERACTIVE_KINDS: readonly JobKind[] = ['generate', 'probe'];

/** Kinds whose job saves its state and can go on from there. */
export const RESUMABLE_KINDS: readonly JobKind[] = ['train', 'evaluate'];
