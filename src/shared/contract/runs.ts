/** Runs: their life, their list, their metrics. */
import { z } from 'zod';
import { JOB_KINDS, JOB_STATES } from '../jobs.ts';
import { logLine, metricSeries, runDetail, runSummary, textSample } from '../records.ts';
import { conditions, METRICS } from '../scores.ts';
import { absolutePath, nothing, request, runReference, started } from './common.ts';

export const RUN_SORTS = ['created', 'name', 'state', 'evalLoss', 'bestEvalLoss', 'trainLoss'] as const;

/** A value of a run's metric: its last, or its smallest or largest finite one. */
export const metricColumn = z.object({ metric: z.string().min(1).max(200), value: z.enum(['last', 'min', 'max']) });
export type MetricColumn = z.infer<typeof metricColumn>;

const runFilter = z.object({
  kinds: z.array(z.enum(JOB_KINDS)).optional(),
  states: z.array(z.enum(JOB_STATES)).optional(),
  search: z.string().optional(),
  project: z.string().optional(),
  archived: z.boolean().optional(),
  starred: z.boolean().optional(),
  ids: z.array(z.string()).max(1000).optional(),
  /** Runs that never logged a metric come last, whichever way its values are sorted. */
  sort: z.enum(RUN_SORTS).or(metricColumn).default('created'),
  descending: z.boolean().default(true),
  limit: z.int().min(1).max(10_000).default(100),
  offset: z.int().min(0).default(0),
  /** Values of metrics that are wanted beside each run. */
  columns: z.array(metricColumn).max(16).default([]),
});

/** Two models' paired results on one paradigm: which items they have right, whatever the suite's metric. */
const pairedSubtask = z.object({
  subtask: z.string(),
  phenomenon: z.string().nullable(),
  items: z.int(),
  metric: z.enum(METRICS),
  scores: z.array(z.number()),
  /** Pairs only the baseline has right, and only the other. */
  onlyFirst: z.int(),
  onlySecond: z.int(),
  /** Exact McNemar test, two-sided, and the same after Holm's correction over the suite's paradigms. */
  p: z.number(),
  pAdjusted: z.number(),
});

/** Scores of one suite under one set of conditions: those of other conditions stand in a table of their own. */
const comparedScores = conditions.extend({
  suite: z.string(),
  evaluationIds: z.array(z.int().nullable()),
  scores: z.array(z.number().nullable()),
  low: z.array(z.number().nullable()),
  high: z.array(z.number().nullable()),
  /** Paired against the first run's model, per other run. */
  against: z.array(z.object({ runId: z.string(), difference: z.number(), low: z.number(), high: z.number(), subtasks: z.array(pairedSubtask) })),
});

export const RUN_REQUESTS = {
  /** Starts the run that a config describes, from a file or from its text; a `distillation` section makes it a distillation. */
  'run.start': request(
    z.object({
      /** The file, or the place that a given text's relative paths are looked for beside. */
      configFile: absolutePath,
      /** The config itself, when it is not in the file. */
      configText: z.string().max(1 << 20).optional(),
      /** Folder that the config's relative paths are looked for in first. */
      workingFolder: absolutePath,
      /** Dotted key and YAML value, e.g. ["training.lr", "1e-3"]. */
      overrides: z.array(z.tuple([z.string(), z.string()])),
      /** Which of the two the caller means; a config of the other kind is refused. */
      method: z.enum(['train', 'distil']),
    }),
    started,
  ),
  'run.resume': request(z.object({ run: runReference }), started),
  /** Asks a run to finish its step, checkpoint and end; a second time kills it. */
  'run.stop': request(z.object({ runId: z.string() }), nothing),
  /** The same, but the run is meant to go on later and says so. */
  'run.pause': request(z.object({ runId: z.string() }), nothing),
  'run.update': request(
    z.object({
      runIds: z.array(z.string()).min(1).max(10_000),
      patch: z.object({ tags: z.array(z.string().min(1).max(60)).max(50), notes: z.string().max(100_000), starred: z.boolean(), archived: z.boolean() }).partial(),
    }),
    nothing,
  ),
  'run.list': request(
    runFilter,
    z.object({
      rows: z.array(runSummary),
      /** Of each row, the values of the columns that were asked for; null where a run has none. */
      values: z.array(z.array(z.number().or(z.nan()).nullable())),
      total: z.int(),
    }),
  ),
  'run.get': request(z.object({ run: runReference }), runDetail),
  'run.metrics': request(
    z.object({
      runId: z.string(),
      names: z.array(z.string()),
      maxPoints: z.int().min(10).max(100_000),
      /** Only points with steps in this range. */
      from: z.number().optional(),
      to: z.number().optional(),
      /** Weight of the past in a debiased exponential mean, taken before thinning; 0: none. */
      smoothing: z.number().min(0).max(0.9999).default(0),
      /** Tokens, epochs and seconds at each point, for other x axes than steps. */
      positions: z.boolean().default(true),
    }),
    z.array(metricSeries),
  ),
  /** A few dozen points of each run's training loss, for a list. */
  'run.sparklines': request(z.object({ runIds: z.array(z.string()).max(200) }), z.record(z.string(), z.array(z.number()))),
  'run.log': request(z.object({ runId: z.string(), limit: z.int().min(1).max(10_000).default(1000) }), z.array(logLine)),
  'run.checkpoints': request(z.object({ runId: z.string() }), z.array(z.object({ step: z.int(), bytes: z.number(), best: z.boolean(), createdAt: z.number() }))),
  /** Text that the model wrote at each evaluation, oldest first. */
  'run.samples': request(z.object({ runId: z.string() }), z.array(textSample)),
  'run.compare': request(
    z.object({ runs: z.array(runReference).min(2).max(8) }),
    z.object({
      runs: z.array(runSummary),
      /** Every config key, with each run's value as JSON text ("" where it has none). */
      config: z.array(z.object({ key: z.string(), values: z.array(z.string()), differs: z.boolean() })),
      metrics: z.array(z.object({ metric: z.string(), last: z.array(z.number().nullable()), best: z.array(z.number().nullable()) })),
      scores: z.array(comparedScores),
    }),
  ),
} as const;
