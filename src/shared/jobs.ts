/**
 * The kinds of job, their parameters and results: one entry each. The engine validates parameters with these schemas, job.ts
 * dispatches on the kind, the store keeps both as JSON. All paths in parameters are absolute.
 */
import { z } from 'zod';
import type { RunConfig } from './config.ts';
import { foreignRun } from './foreignRun.ts';
import { finetuningRequest } from './finetuning.ts';
import {
  cleanResult,
  demoCorpusResult,
  downloadedCorpusResult,
  encodeResult,
  evaluateResult,
  exportedRunsResult,
  importedRunResult,
  inspectResult,
  mixResult,
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
  clean: z.object({
    input: z.string(),
    output: z.string(),
    /** The files to clean and their names as `<domain>.train` or `<domain>.dev`; absent: those of `input` that are called so. */
    files: z.array(z.object({ path: z.string(), name: z.string() })).min(1).optional(),
  }),
  /** Fetch a BabyLM corpus from where it is published. */
  'download-corpus': z.object({ source: z.enum(['2023-10M', '2023-100M', '2024-10M', '2024-100M']), output: z.string() }),
  /** Draw a corpus from several texts, by shares, within a budget of words. */
  mix: z.object({
    parts: z.array(z.object({ path: z.string(), name: z.string(), share: z.number().positive() })).min(1),
    words: z.int().min(1),
    seed: z.int().min(0),
    output: z.string(),
  }),
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
  export: z.object({
    model: z.object({ name: z.string(), folder: z.string() }),
    output: z.string(),
    /** Content of the folder's README.md; null: none. */
    card: z.string().nullable().default(null),
  }),
  /** A run that another tool logged, read into the store; its config is added when it has been read. */
  imported: z.object({ source: foreignRun, config: z.record(z.string(), z.unknown()).optional() }),
  /** Write runs' curves for other tools. */
  'export-runs': z.object({
    runs: z.array(z.object({ id: z.string(), name: z.string(), folder: z.string(), startedAt: z.number(), config: z.unknown().optional() })).min(1),
    format: z.enum(['tensorboard', 'csv']),
    output: z.string(),
  }),
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
  /** How models read a text: surprisal, expectations, attention. */
  inspect: z.object({ models: z.array(z.object({ name: z.string(), folder: z.string() })).min(1), text: z.string().min(1) }),
  /** Load TensorFlow, multiply two matrices, tell what was found. */
  probe: z.object({}),
} as const;

export const JOB_RESULTS = {
  clean: cleanResult,
  'download-corpus': downloadedCorpusResult,
  mix: mixResult,
  tokenizer: tokenizerResult,
  encode: encodeResult,
  train: trainResult,
  evaluate: evaluateResult,
  score: z.object({ pairs: z.array(pairScore) }),
  'demo-corpus': demoCorpusResult,
  import: modelFolderResult,
  export: modelFolderResult,
  imported: importedRunResult,
  'export-runs': exportedRunsResult,
  generate: z.object({ text: z.string(), tokens: z.int(), seconds: z.number() }),
  inspect: inspectResult,
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
export const INTERACTIVE_KINDS: readonly JobKind[] = ['generate', 'inspect', 'probe'];

/** Kinds that only read and write files: they wait for each other, not for the device that trains. */
export const FILE_KINDS: readonly JobKind[] = ['imported', 'export-runs', 'download-corpus', 'mix'];

/** Kinds that have curves to show. */
export const CURVE_KINDS: readonly JobKind[] = ['train', 'imported'];

/** Kinds whose job saves its state and can go on from there. */
export const RESUMABLE_KINDS: readonly JobKind[] = ['train', 'evaluate'];
