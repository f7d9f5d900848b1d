/**
 * What jobs bring home and the store keeps. Plain data: everything here crosses wires, so each type is a schema that both
 * ends of a wire check, and the type that follows from it.
 */
import { z } from 'zod';
import { conditions, METRICS } from './scores.ts';

/** One text file after cleaning; lengths are Unicode code points, as the recipe publishes them. */
export const cleanedFile = z.object({
  file: z.string(),
  /** The rule set applied, e.g. "qed"; null when the domain is unknown and the text was passed through. */
  domain: z.string().nullable(),
  codePointsBefore: z.int(),
  codePointsAfter: z.int(),
  words: z.int(),
  /** What each rule changed. */
  rules: z.array(
    z.object({
      rule: z.string(),
      changes: z.int(),
      codePointsRemoved: z.int(),
      examples: z.array(z.object({ before: z.string(), after: z.string() })),
    }),
  ),
});
export type CleanedFile = z.infer<typeof cleanedFile>;

export const cleanResult = z.object({ output: z.string(), files: z.array(cleanedFile), warnings: z.array(z.string()) });
export type CleanResult = z.infer<typeof cleanResult>;

export const tokenizerResult = z.object({
  output: z.string(),
  sha256: z.string(),
  vocabSize: z.int(),
  merges: z.int(),
  trainedOn: z.array(z.object({ file: z.string(), bytes: z.int(), sha256: z.string() })),
});
export type TokenizerResult = z.infer<typeof tokenizerResult>;

export const encodeResult = z.object({ output: z.string(), tokens: z.int(), bytesPerToken: z.union([z.literal(2), z.literal(4)]) });
export type EncodeResult = z.infer<typeof encodeResult>;

/** The end of a training or distillation run. */
export const trainResult = z.object({
  model: z.string(),
  folder: z.string(),
  parameters: z.int(),
  steps: z.int(),
  tokens: z.int(),
  /** Mean cross-entropy on the eval sequences, nats per token, of the checkpoint that was kept. */
  evalLossNats: z.number(),
  perplexity: z.number(),
  bestStep: z.int(),
  seconds: z.number(),
  corpusSha256: z.string(),
  tokenizerSha256: z.string(),
  teachers: z.array(z.string()),
});
export type TrainResult = z.infer<typeof trainResult>;

/** Score on one paradigm, domain, task or phenomenon. */
export const subtaskScore = z.object({
  subtask: z.string(),
  /** BLiMP's linguistics_term, or the suite's own grouping; null when it has none. */
  phenomenon: z.string().nullable(),
  items: z.int(),
  correct: z.int(),
  metric: z.enum(METRICS),
  score: z.number(),
  /** Bounds of the 95 % interval: Wilson's for accuracies, bootstrapped for the other metrics. */
  low: z.number(),
  high: z.number(),
});
export type SubtaskScore = z.infer<typeof subtaskScore>;

export const suiteScore = conditions.extend({
  suite: z.string(),
  model: z.string(),
  /** Optimiser steps of the checkpoint that was measured; null: the finished model. */
  step: z.int().nullable(),
  /** Unweighted mean over subtasks. */
  score: z.number(),
  /** Bounds of that mean's 95 % interval, bootstrapped over items within each subtask (evaluation/bootstrap.ts). */
  low: z.number(),
  high: z.number(),
  subtasks: z.array(subtaskScore),
  phenomena: z.array(subtaskScore),
  seconds: z.number(),
});
export type SuiteScore = z.infer<typeof suiteScore>;

export const evaluateResult = z.object({ scores: z.array(suiteScore) });
export type EvaluateResult = z.infer<typeof evaluateResult>;

/** Summed log-probabilities (nats) of the two sentences of a minimal pair. */
export const pairScore = z.object({ index: z.int(), logprobGood: z.number(), logprobBad: z.number() });
export type PairScore = z.infer<typeof pairScore>;

export const modelFolderResult = z.object({ model: z.string(), folder: z.string(), parameters: z.int(), type: z.string() });
export type ModelFolderResult = z.infer<typeof modelFolderResult>;

export const demoCorpusResult = z.object({ corpus: z.string(), pairs: z.string(), words: z.int(), pairCount: z.int() });
export type DemoCorpusResult = z.infer<typeof demoCorpusResult>;

export const probeResult = z.object({
  tensorflow: z.string(),
  variant: z.enum(['cpu', 'gpu']),
  device: z.string(),
  threads: z.int(),
  gigaflops: z.number(),
});
export type ProbeResult = z.infer<typeof probeResult>;
