/** A run of another tool that was found on disk. */
import { z } from 'zod';
import { absolutePath } from './contract/common.ts';

export const foreignRun = z.object({
  /** TensorBoard event files; a W&B offline run; Hugging Face's trainer_state.json; comma-separated values. */
  tool: z.enum(['tensorboard', 'wandb', 'trainer', 'csv']),
  /** Absolute; several event files of one run, oldest first. */
  paths: z.array(absolutePath).min(1).max(10_000),
  /** Which of the runs in the file; null when it holds one. */
  part: z.string().nullable(),
  name: z.string().min(1),
});
export type ForeignRun = z.infer<typeof foreignRun>;
