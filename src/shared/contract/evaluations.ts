/** Suites, scores and the pairs behind them. */
import { z } from 'zod';
import { evaluationRecord, modelRecord } from '../records.ts';
import { subtaskScore } from '../results.ts';
import { absolutePath, modelReference, nothing, request, started } from './common.ts';

export const EVALUATION_REQUESTS = {
  'evaluation.start': request(
    z.object({
      models: z.array(modelReference).min(1),
      suites: z.array(z.string().min(1)).min(1),
      data: absolutePath.nullable(),
      out: absolutePath.nullable(),
      /** Fetch missing data from its official source. */
      download: z.boolean().default(false),
    }),
    started,
  ),
  'evaluation.score': request(z.object({ model: modelReference, pairs: absolutePath }), started),
  /** The suites that Cria knows, and where their data was found. */
  'evaluation.suites': request(
    z.object({ data: absolutePath.nullable() }),
    z.array(z.object({ name: z.string(), title: z.string(), folder: z.string().nullable(), howToGet: z.string(), subtasks: z.int().nullable() })),
  ),
  'evaluation.list': request(z.object({ models: z.array(z.string()).optional(), suite: z.string().optional() }), z.array(evaluationRecord)),
  'evaluation.subtasks': request(z.object({ evaluationId: z.int() }), z.array(subtaskScore)),
  /** One paradigm's sentences with the log-probabilities (nats) that each evaluation gave them. */
  'evaluation.pairs': request(
    z.object({
      evaluationIds: z.array(z.int()).min(1).max(8),
      subtask: z.string(),
      /** Only pairs that some evaluations have right and others wrong. */
      disagreeing: z.boolean().default(false),
      limit: z.int().min(1).max(5000).default(200),
    }),
    z.object({
      total: z.int(),
      pairs: z.array(z.object({ index: z.int(), good: z.string(), bad: z.string(), logprobs: z.array(z.object({ good: z.number(), bad: z.number() })) })),
    }),
  ),
} as const;

export const MODEL_REQUESTS = {
  'model.list': request(nothing, z.array(modelRecord)),
  'model.import': request(z.object({ source: absolutePath, name: z.string().nullable() }), started),
  'model.export': request(z.object({ model: modelReference, output: absolutePath }), started),
  /** Models in Hugging Face's cache on the engine's machine. */
  'model.findCached': request(nothing, z.array(z.object({ name: z.string(), folder: z.string() }))),
  /** Continues a prompt; each token is told as `run.generated` when it is drawn. */
  'model.generate': request(
    z.object({
      model: modelReference,
      prompt: z.string().max(20_000),
      maxTokens: z.int().min(1).max(1000).default(60),
      /** 0: always the most probable token. */
      temperature: z.number().min(0).max(10).default(1),
      topK: z.int().min(0).max(1000).default(0),
      topP: z.number().gt(0).max(1).default(1),
      seed: z.int().min(0).default(1),
    }),
    started,
  ),
} as const;
