/** Suites, scores and the items behind them; models. */
import { z } from 'zod';
import { finetuningRequest } from '../finetuning.ts';
import { evaluationRecord, modelRecord } from '../records.ts';
import { subtaskScore } from '../results.ts';
import { DEFAULT_PROTOCOL, PROTOCOLS } from '../scores.ts';
import { absolutePath, modelReference, nothing, request, started } from './common.ts';

/** Where suites' data lies: one folder for all (null: the workspace's), and folders of single suites. */
const places = { data: absolutePath.nullable(), folders: z.record(z.string(), absolutePath).default({}) };
const protocol = z.enum(PROTOCOLS).default(DEFAULT_PROTOCOL);

const suiteEntry = z.object({
  name: z.string(),
  title: z.string(),
  kind: z.enum(['choice', 'fine-tuning']),
  protocols: z.array(z.enum(PROTOCOLS)),
  /** Where its data was found; null: nowhere. */
  folder: z.string().nullable(),
  howToGet: z.string(),
  /** Null: as many as there are files. */
  subtasks: z.int().nullable(),
  /** A lab's own file or folder in the workspace's data folder. */
  isOwn: z.boolean(),
  /** Its items' text stays in the user's own folder. */
  isGated: z.boolean(),
  /** What was found is a raw release, which is filtered to a vocabulary. */
  needsVocabulary: z.boolean(),
});
export type SuiteEntry = z.infer<typeof suiteEntry>;

/** How finely scores can be told apart. */
export const BREAKDOWNS = ['phenomenon', 'field', 'length'] as const;

/** The longest text of one file that a window sends; longer ones are copied into the data folder by hand. */
export const MAX_SUITE_TEXT = 6 << 20;

const estimate = z.object({ score: z.number(), low: z.number().nullable(), high: z.number().nullable() });

export const EVALUATION_REQUESTS = {
  'evaluation.start': request(
    z.object({
      models: z.array(modelReference).min(1),
      suites: z.array(z.string().min(1)).min(1),
      protocol,
      ...places,
      /** What a raw release is filtered by: a list of words, or a corpus. */
      vocabulary: absolutePath.nullable().default(null),
      out: absolutePath.nullable(),
      /** Fetch missing data from its official source. */
      download: z.boolean().default(false),
      /** Measure every checkpoint that the models' runs have kept, too (suites of kind `choice` alone). */
      checkpoints: z.boolean().default(false),
      /** Settings of fine-tuning suites that differ from the pipeline's. */
      finetuning: finetuningRequest.prefault({}),
    }),
    started,
  ),
  'evaluation.score': request(z.object({ model: modelReference, pairs: absolutePath }), started),
  /** The suites that Cria knows and the lab's own, and where their data was found. */
  'evaluation.suites': request(z.object(places), z.array(suiteEntry)),
  /**
   * Adds a file of minimal pairs to the workspace's data folder, where it is a suite: the file of that name, or (with `file`) one of a
   * folder of that name. Every line is checked before.
   */
  'evaluation.addSuite': request(
    z.object({ name: z.string().min(1), file: z.string().min(1).nullable().default(null), text: z.string().max(MAX_SUITE_TEXT) }),
    z.object({ suite: z.string(), pairs: z.int() }),
  ),
  'evaluation.list': request(
    z.object({ models: z.array(z.string()).optional(), suite: z.string().optional(), of: z.enum(['models', 'checkpoints']).default('models') }),
    z.array(evaluationRecord),
  ),
  'evaluation.subtasks': request(z.object({ evaluationId: z.int() }), z.array(subtaskScore)),
  /** One paradigm's answers with the log-probabilities (nats) that each evaluation gave them; texts come from the folder where they lie. */
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
      isGated: z.boolean(),
      pairs: z.array(z.object({ index: z.int(), context: z.string(), good: z.string(), bad: z.string(), logprobs: z.array(z.object({ good: z.number(), bad: z.number() })) })),
    }),
  ),
  /** Accuracy by groups of items: linguistics term, field, or words of the right answer with its context. One column an evaluation. */
  'evaluation.breakdown': request(
    z.object({ evaluationIds: z.array(z.int()).min(1).max(8), by: z.enum(BREAKDOWNS) }),
    z.array(z.object({ group: z.string(), items: z.int(), scores: z.array(z.object({ score: z.number(), low: z.number(), high: z.number() })) })),
  ),
  /** Models on the challenge's official items by one protocol, beside the published baselines; the best mean first. */
  'evaluation.leaderboard': request(
    z.object({ protocol }),
    z.object({
      tasks: z.array(z.string()),
      rows: z.array(z.object({
        name: z.string(),
        /** Words that a published model was trained on; null: a model of the workspace. */
        published: z.string().nullable(),
        /** In the order of `tasks`; null: not scored. */
        scores: z.array(estimate.nullable()),
        /** Null while a task is missing. */
        mean: estimate.nullable(),
      })),
    }),
  ),
} as const;

const submissionOf = { model: modelReference, protocol, glue: z.enum(['glue', 'glue-lora']).default('glue') };

export const SUBMISSION_REQUESTS = {
  /** What of a model's scores would go into a submission, and what is missing. */
  'submission.check': request(
    z.object(submissionOf),
    z.object({
      tasks: z.array(z.object({ task: z.string(), evaluationId: z.int().nullable(), score: z.number().nullable(), problems: z.array(z.string()) })),
      isComplete: z.boolean(),
      /** Parts of the challenge that Cria does not measure. */
      notMeasured: z.array(z.string()),
    }),
  ),
  /** Writes the submission into a folder, and scores what it wrote again by the challenge's rules. */
  'submission.write': request(
    z.object({ ...submissionOf, output: absolutePath }),
    z.object({
      files: z.array(z.string()),
      rescored: z.array(z.object({ task: z.string(), subtask: z.string(), written: z.number(), measured: z.number() })),
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
