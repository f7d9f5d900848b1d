/** The engine itself, its machine and its queue. */
import { z } from 'zod';
import { absolutePath, nothing, request, started } from './common.ts';

export const SYSTEM_REQUESTS = {
  'engine.info': request(
    nothing,
    z.object({
      version: z.string(),
      pid: z.int(),
      workspace: z.string(),
      host: z.string(),
      platform: z.string(),
      processors: z.int(),
      memoryBytes: z.number(),
      diskFreeBytes: z.number(),
      /** What set-up found; null before it has run. */
      tensorflow: z.object({ version: z.string(), variant: z.enum(['cpu', 'gpu']), library: z.string() }).nullable(),
      running: z.array(z.string()),
      waiting: z.array(z.string()),
      /** Whether the queue starts nothing for now. */
      held: z.boolean(),
    }),
  ),
  /** Loads TensorFlow in a job and multiplies two matrices. */
  'engine.probe': request(nothing, started),
  /** What lies in a folder of the engine's machine, for choosing one where no system dialog is. Hidden files are left out. */
  'files.browse': request(
    z.object({ folder: absolutePath.nullable() }),
    z.object({
      folder: z.string(),
      parent: z.string().nullable(),
      entries: z.array(z.object({ name: z.string(), isFolder: z.boolean(), bytes: z.number() })),
      /** Places to start from. */
      places: z.array(z.object({ label: z.string(), folder: z.string() })),
    }),
  ),
  /** Puts a waiting run in front of another one, or at the end. */
  'queue.move': request(z.object({ runId: z.string(), before: z.string().nullable() }), nothing),
  /** Starts nothing more until it is let go; what runs goes on. */
  'queue.hold': request(z.object({ held: z.boolean() }), nothing),
} as const;
