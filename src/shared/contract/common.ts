/** What the parts of the contract share. */
import { z } from 'zod';

export const request = <P extends z.ZodType, R extends z.ZodType>(params: P, result: R) => ({ params, result });

/** No system takes a zero byte in a path. */
function isNameable(path: string): boolean {
  return !path.includes('\0');
}
const NOT_NAMEABLE = 'holds a zero byte';

export const nothing = z.object({});
/** Started jobs answer with their run's id at once; its end comes as `run.changed`. */
export const started = z.object({ runId: z.string(), warnings: z.array(z.string()) });
export const absolutePath = z.string().min(1).refine(isNameable, NOT_NAMEABLE);
/** A model's name in the workspace, or the absolute path of a Hugging Face folder. */
export const modelReference = z.string().min(1).refine(isNameable, NOT_NAMEABLE);
/** A run's id, a beginning of one that no other run has, or a name (the newest of that name). */
export const runReference = z.string().min(1);
