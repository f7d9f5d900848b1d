/**
 * The contract: every request that a client may make of the engine, its answer, and every event. The terminals' socket, the command
 * line and the tests derive from it, and so will the window's bridge and the host. Procedures are `domain.verb`; events say what
 * has happened and never steer.
 */
import { z } from 'zod';
import { JOB_KINDS, JOB_STATES } from './jobs.ts';
import { evaluationRecord, logLine, metricSeries, modelRecord, runDetail, runSummary } from './records.ts';
import { cleanedFile, subtaskScore } from './results.ts';

/** Started jobs answer with their run's id at once; its end comes as `run.changed`. */
const started = z.object({ runId: z.string(), warnings: z.array(z.string()) });
const nothing = z.object({});
const absolutePath = z.string().min(1);
/** A model's name in the workspace, or the absolute path of a Hugging Face folder. */
const modelReference = z.string().min(1);

const runFilter = z.object({
  kinds: z.array(z.enum(JOB_KINDS)).optional(),
  states: z.array(z.enum(JOB_STATES)).optional(),
  search: z.string().optional(),
  project: z.string().optional(),
  archived: z.boolean().optional(),
  sort: z.enum(['created', 'name', 'state', 'evalLoss', 'bestEvalLoss', 'trainLoss']).default('created'),
  descending: z.boolean().default(true),
  limit: z.int().min(1).max(10_000).default(100),
  offset: z.int().min(0).default(0),
});

/** Two models' paired results on one paradigm. */
const pairedSubtask = z.object({
  subtask: z.string(),
  phenomenon: z.string().nullable(),
  items: z.int(),
  accuracies: z.array(z.number()),
  /** Pairs only the baseline has right, and only the other. */
  onlyFirst: z.int(),
  onlySecond: z.int(),
  /** Exact McNemar test, two-sided, and the same after Holm's correction over the suite's paradigms. */
  p: z.number(),
  pAdjusted: z.number(),
});

const request = <P extends z.ZodType, R extends z.ZodType>(params: P, result: R) => ({ params, result });

export const REQUESTS = {
  'engine.info': request(nothing, z.object({ version: z.string(), pid: z.int(), workspace: z.string(), running: z.array(z.string()), waiting: z.array(z.string()) })),

  'corpus.clean': request(z.object({ input: absolutePath, output: absolutePath }), started),
  'corpus.encode': request(
    z.object({ input: absolutePath, tokenizer: absolutePath, addPrefixSpace: z.boolean().nullable(), output: absolutePath }),
    started,
  ),
  'tokenizer.train': request(
    z.object({
      inputs: z.array(absolutePath).min(1),
      output: absolutePath,
      vocabSize: z.int().min(260).max(1_000_000).default(16_000),
      minFrequency: z.int().min(1).default(2),
    }),
    started,
  ),
  'demo.makeCorpus': request(z.object({ output: absolutePath, seed: z.int(), words: z.int().min(2000) }), started),

  /** Reads a config file and starts the run it describes; a `distillation` section makes it a distillation. */
  'run.start': request(
    z.object({
      configFile: absolutePath,
      /** Folder that the config's relative paths are looked for in first. */
      workingFolder: absolutePath,
      /** Dotted key and YAML value, e.g. ["training.lr", "1e-3"]. */
      overrides: z.array(z.tuple([z.string(), z.string()])),
      /** Which of the two the caller means; a config of the other kind is refused. */
      method: z.enum(['train', 'distil']),
    }),
    started,
  ),
  'run.resume': request(z.object({ run: z.string() }), started),
  /** Asks a run to finish its step, checkpoint and end; a second time kills it. */
  'run.stop': request(z.object({ runId: z.string() }), nothing),
  'run.list': request(runFilter, z.object({ rows: z.array(runSummary), total: z.int() })),
  /** By id, by a unique beginning of one, or by name (the newest of that name). */
  'run.get': request(z.object({ run: z.string() }), runDetail),
  'run.metrics': request(z.object({ runId: z.string(), names: z.array(z.string()), maxPoints: z.int().min(10).max(100_000) }), z.array(metricSeries)),
  'run.log': request(z.object({ runId: z.string(), limit: z.int().min(1).max(10_000).default(1000) }), z.array(logLine)),
  'run.compare': request(
    z.object({ runs: z.array(z.string()).min(2).max(8) }),
    z.object({
      runs: z.array(runSummary),
      /** Config keys that differ, with each run's value as JSON text. */
      config: z.array(z.object({ key: z.string(), values: z.array(z.string()) })),
      equalKeys: z.int(),
      metrics: z.array(z.object({ metric: z.string(), last: z.array(z.number().nullable()), best: z.array(z.number().nullable()) })),
      /** Paired against the first run's model, per other run. */
      scores: z.array(
        z.object({
          suite: z.string(),
          version: z.string(),
          protocol: z.string(),
          accuracies: z.array(z.number().nullable()),
          against: z.array(
            z.object({ runId: z.string(), difference: z.number(), low: z.number(), high: z.number(), subtasks: z.array(pairedSubtask) }),
          ),
        }),
      ),
    }),
  ),

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
  'evaluation.list': request(z.object({ models: z.array(z.string()).optional(), suite: z.string().optional() }), z.array(evaluationRecord)),
  'evaluation.subtasks': request(z.object({ evaluationId: z.int() }), z.array(subtaskScore)),

  'model.list': request(nothing, z.array(modelRecord)),
  'model.import': request(z.object({ source: absolutePath, name: z.string().nullable() }), started),
  'model.export': request(z.object({ model: modelReference, output: absolutePath }), started),
} as const;

export const EVENTS = {
  /** A run was made, changed its state or came to its end. */
  'run.changed': runSummary,
  'run.progressed': z.object({
    runId: z.string(),
    progress: z.object({ label: z.string(), done: z.number(), total: z.number(), unit: z.string(), detail: z.string().optional() }),
  }),
  /** New metrics are in the store up to this step. */
  'run.measured': z.object({ runId: z.string(), step: z.int() }),
  'run.logged': z.object({ runId: z.string(), line: logLine }),
} as const;

export type Method = keyof typeof REQUESTS;
export type ParamsOf<M extends Method> = z.output<(typeof REQUESTS)[M]['params']>;
/** What a client writes: keys with defaults may be left out. */
export type InputOf<M extends Method> = z.input<(typeof REQUESTS)[M]['params']>;
export type ResultOf<M extends Method> = z.output<(typeof REQUESTS)[M]['result']>;
export type EventName = keyof typeof EVENTS;
export type EventOf<E extends EventName> = z.output<(typeof EVENTS)[E]>;
export type CleanReport = z.infer<typeof cleanedFile>;
