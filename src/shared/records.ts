/** What the store tells of runs, models and evaluations: schemas for the wire, and the types that follow from them. */
import { z } from 'zod';
import { JOB_KINDS, JOB_STATES } from './jobs.ts';
import { conditions } from './scores.ts';

export const wireError = z.object({ code: z.string(), message: z.string(), hint: z.string() });

/** Times are milliseconds since 1970 (UTC). */
export const runSummary = z.object({
  id: z.string(),
  kind: z.enum(JOB_KINDS),
  name: z.string(),
  state: z.enum(JOB_STATES),
  project: z.string(),
  tags: z.array(z.string()),
  starred: z.boolean(),
  archived: z.boolean(),
  createdAt: z.number(),
  startedAt: z.number().nullable(),
  finishedAt: z.number().nullable(),
  /** Name of the model that the run makes; null when it makes none. */
  modelName: z.string().nullable(),
  /** Latest and best values, null until measured. */
  step: z.int().nullable(),
  trainLoss: z.number().nullable(),
  evalLoss: z.number().nullable(),
  bestEvalLoss: z.number().nullable(),
  progress: z.object({ label: z.string(), done: z.number(), total: z.number(), unit: z.string(), detail: z.string().optional() }).nullable(),
  error: wireError.nullable(),
});
export type RunSummary = z.infer<typeof runSummary>;

export const runDetail = runSummary.extend({
  /** The job's parameters, as submitted. */
  params: z.unknown(),
  /** The job's result; null until done. */
  result: z.unknown(),
  notes: z.string(),
  folder: z.string(),
  pid: z.int().nullable(),
  device: z.string().nullable(),
  /** Name -> version of code and libraries. */
  versions: z.record(z.string(), z.string()),
  corpusSha256: z.string().nullable(),
  tokenizerSha256: z.string().nullable(),
  metrics: z.array(z.string()),
});
export type RunDetail = z.infer<typeof runDetail>;

export const logLine = z.object({ time: z.number(), level: z.enum(['info', 'warning', 'error']), message: z.string() });
export type LogLine = z.infer<typeof logLine>;

/** Long lists of numbers are checked as a whole: element by element through schemas takes longer than drawing them. NaN is a value. */
const numbers = z.custom<number[]>((value) => Array.isArray(value) && value.every((each) => typeof each === 'number'), 'should be numbers');
const numbersOrNull = z.custom<(number | null)[]>((value) => Array.isArray(value) && value.every((each) => each === null || typeof each === 'number'), 'should be numbers or null');

export const metricSeries = z.object({
  metric: z.string(),
  /** Points before thinning. */
  count: z.int(),
  steps: numbers,
  values: numbers,
  /** Smoothed values at the same steps; empty when no smoothing was asked for. */
  smoothed: numbers,
  /** Where the run was at each step; empty when positions were not asked for. */
  tokens: numbersOrNull,
  epochs: numbersOrNull,
  seconds: numbersOrNull,
});
export type MetricSeries = z.infer<typeof metricSeries>;

/** Text that a model in training wrote, from its best guess at each evaluation. */
export const textSample = z.object({ step: z.int(), prompt: z.string(), text: z.string() });
export type TextSample = z.infer<typeof textSample>;

/** A token that a model drew, and what else it might have drawn. */
export const generatedToken = z.object({
  id: z.int(),
  text: z.string(),
  /** At temperature 1, before top-k and top-p. */
  probability: z.number(),
  alternatives: z.array(z.object({ id: z.int(), text: z.string(), probability: z.number() })),
});
export type GeneratedToken = z.infer<typeof generatedToken>;

export const modelRecord = z.object({
  name: z.string(),
  folder: z.string(),
  /** Hugging Face's model_type: gpt2, llama or gptj. */
  type: z.string(),
  parameters: z.int(),
  /** The run that made it; null for imported models. */
  runId: z.string().nullable(),
  tokenizerSha256: z.string().nullable(),
  evalLoss: z.number().nullable(),
  createdAt: z.number(),
});
export type ModelRecord = z.infer<typeof modelRecord>;

export const evaluationRecord = conditions.extend({
  id: z.int(),
  /** The run of kind `evaluate` that made it. */
  runId: z.string(),
  model: z.string(),
  /** Optimiser steps of the checkpoint that was measured; null: the finished model. */
  step: z.int().nullable(),
  suite: z.string(),
  score: z.number(),
  low: z.number(),
  high: z.number(),
  items: z.int(),
  createdAt: z.number(),
  seconds: z.number(),
});
export type EvaluationRecord = z.infer<typeof evaluationRecord>;
