/** Configs: reading, checking, saving. */
import { z } from 'zod';
import { absolutePath, nothing, request } from './common.ts';

/** A problem or a warning of a config's text. */
export const configMessage = z.object({
  /** Dotted; empty when it is about the whole text. */
  key: z.string(),
  /** 1-based; null when the key does not stand in the text. */
  line: z.int().nullable(),
  message: z.string(),
});

/** What a run of a config would take. Numbers that depend on data that is not there yet are null. */
export const estimate = z.object({
  parameters: z.int().nullable(),
  vocabulary: z.int().nullable(),
  /** Tokens of the training text; exact once it has been encoded, else from its bytes. */
  tokens: z.int().nullable(),
  tokensExact: z.boolean(),
  steps: z.int().nullable(),
  /** Weights, gradients, optimiser and activations of one step, teachers included. */
  memoryBytes: z.number().nullable(),
  diskBytes: z.number().nullable(),
  seconds: z.number().nullable(),
  /** What the time was reckoned from, in words; null when there is none. */
  basis: z.string().nullable(),
});
export type Estimate = z.infer<typeof estimate>;

export const CONFIG_REQUESTS = {
  /** The configs that come with Cria and those saved in the workspace. */
  'config.list': request(nothing, z.array(z.object({ name: z.string(), path: z.string(), shipped: z.boolean(), type: z.string(), method: z.enum(['train', 'distil']) }))),
  'config.read': request(z.object({ path: absolutePath }), z.object({ text: z.string() })),
  /** Everything that is wrong or odd about a config's text, and what a run of it would take. */
  'config.check': request(
    z.object({ text: z.string().max(1 << 20), path: absolutePath.nullable() }),
    z.object({
      problems: z.array(configMessage),
      warnings: z.array(configMessage),
      /** Value of each key as it would be used, as JSON text; empty while there are problems. */
      values: z.record(z.string(), z.string()),
      /** Keys that stand in the text; the others have their default. */
      given: z.array(z.string()),
      estimate: estimate.nullable(),
    }),
  ),
  /** Writes a config into the workspace's configs folder. */
  'config.save': request(z.object({ name: z.string().min(1), text: z.string().max(1 << 20), replace: z.boolean().default(false) }), z.object({ path: z.string() })),
  /** The config of a run as YAML text. */
  'config.ofRun': request(z.object({ runId: z.string() }), z.object({ text: z.string() })),
} as const;
