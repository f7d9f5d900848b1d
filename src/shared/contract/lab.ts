/** The text laboratory: how models read one text. */
import { z } from 'zod';
import { modelReference, request, started } from './common.ts';

export const LAB_REQUESTS = {
  /** Surprisal, expectations and attention of several models on one text; the run's result is an InspectResult. */
  'lab.inspect': request(z.object({ models: z.array(modelReference).min(1).max(8), text: z.string().min(1).max(4000) }), started),
  /** One layer's attention maps of a finished inspection. */
  'lab.attention': request(
    z.object({ runId: z.string(), model: z.int().min(0), layer: z.int().min(0) }),
    z.object({
      /** Head -> position -> weight of each position; position 0 is the start token. Rounded to 4 decimals. */
      heads: z.array(z.array(z.array(z.number()))),
    }),
  ),
} as const;
