/** Settings of fine-tuning on GLUE: what a job, a command and the window may say of it. */
import { z } from 'zod';

/** `all` trains every weight; `lora` trains low-rank adapters and the classifier. */
export const FINETUNING_METHODS = ['all', 'lora'] as const;
export type FinetuningMethod = (typeof FINETUNING_METHODS)[number];

export const loraOptions = z.object({
  /** Rank r of the additions. */
  rank: z.int().min(1).max(4096).default(8),
  /** Additions are scaled by alpha / rank. */
  alpha: z.number().positive().default(16),
  /** Dropout on an adapter's input. */
  dropout: z.number().min(0).lt(1).default(0.1),
  /** Projections that get an adapter, by the end of their name, e.g. "q_proj" or "mlp.c_proj"; null: PEFT's choice for the architecture. */
  targets: z.array(z.string().min(1)).min(1).nullable().default(null),
});
export type LoraOptions = z.infer<typeof loraOptions>;

/** Settings that differ from the pipeline's, which depend on the method (see {@link PIPELINE}). */
export const finetuningOverrides = z.object({
  learningRate: z.number().positive().optional(),
  batchSize: z.int().min(1).max(4096).optional(),
  epochs: z.int().min(1).max(1000).optional(),
  /** Evaluations without improvement after which training stops; null: all epochs are run. */
  patience: z.int().min(1).nullable().optional(),
  seed: z.int().min(0).optional(),
  /** Tokens that an input is cut to. */
  maxLength: z.int().min(2).max(65_536).optional(),
  lora: loraOptions.partial().optional(),
});
export type FinetuningOverrides = z.infer<typeof finetuningOverrides>;

/** What an evaluation may say of its fine-tuning suites. */
export const finetuningRequest = finetuningOverrides.extend({
  /** Only these tasks; left out: all that there is data for. */
  tasks: z.array(z.string()).min(1).optional(),
  /** Keep fine-tuned classifiers, which are as large as their model; adapters are always kept. */
  keepModels: z.boolean().default(false),
});
export type FinetuningRequest = z.infer<typeof finetuningRequest>;

export interface FinetuningOptions {
  method: FinetuningMethod;
  learningRate: number;
  /** Examples of an optimiser step. */
  batchSize: number;
  epochs: number;
  patience: number | null;
  /** Improvement of the selecting metric that counts against patience: more than this. */
  threshold: number;
  /** Share of the steps in which the learning rate rises. */
  warmupRatio: number;
  seed: number;
  maxLength: number;
  /** Global L2 norm that gradients are clipped to. */
  maxGradNorm: number;
  /** null when every weight is trained. */
  lora: LoraOptions | null;
}

/** The 2024 pipeline's settings (finetune_model.sh, train_lora.sh). Its LoRA script sets no seed; 42 is the Trainer's, for data order and dropout. */
export const PIPELINE: Readonly<Record<FinetuningMethod, FinetuningOptions>> = {
  all: {
    method: 'all', learningRate: 5e-5, batchSize: 64, epochs: 10, patience: 3, threshold: 0.001, warmupRatio: 0, seed: 12, maxLength: 128, maxGradNorm: 1, lora: null,
  },
  lora: {
    method: 'lora', learningRate: 3e-4, batchSize: 64, epochs: 32, patience: null, threshold: 0.001, warmupRatio: 0.06, seed: 42, maxLength: 128, maxGradNorm: 1,
    lora: loraOptions.parse({}),
  },
};

/** What differs from the pipeline's settings, in words, as part of a score's version; empty when nothing does. */
export function describeOverrides(options: FinetuningOptions): string {
  const usual = PIPELINE[options.method];
  const flat = ({ lora, ...rest }: FinetuningOptions): Record<string, unknown> => ({ ...rest, ...lora });
  const [given, pipelines] = [flat(options), flat(usual)];
  return Object.entries(given).filter(([name, value]) => JSON.stringify(value) !== JSON.stringify(pipelines[name])).map(([name, value]) => `${name} ${String(value)}`).join(', ');
}

/** The pipeline's settings with what the user wants otherwise. */
export function finetuningOptions(method: FinetuningMethod, { lora, ...overrides }: FinetuningOverrides = {}): FinetuningOptions {
  const given = Object.fromEntries(Object.entries(overrides).filter(([, value]) => value !== undefined));
  const usual = PIPELINE[method];
  return { ...usual, ...given, lora: usual.lora && { ...usual.lora, ...loraOptions.partial().parse(lora ?? {}) } };
}
