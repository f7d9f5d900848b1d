/** To and from other tools. */
import { z } from 'zod';
import { foreignRun } from '../foreignRun.ts';
import { absolutePath, request, runReference, started } from './common.ts';

const someRuns = z.array(runReference).min(1).max(1000);

export const EXCHANGE_REQUESTS = {
  /** The runs of other tools that a file or folder holds. */
  'exchange.find': request(z.object({ path: absolutePath }), z.array(foreignRun)),
  /** Reads each into a run of its own, of kind `imported`. */
  'exchange.import': request(z.object({ sources: z.array(foreignRun).min(1).max(10_000), project: z.string().max(200).default('') }), z.object({ runIds: z.array(z.string()) })),
  /** Writes runs' curves into a new folder: TensorBoard event files, or a CSV table per run. */
  'exchange.export': request(z.object({ runs: someRuns, format: z.enum(['tensorboard', 'csv']), output: absolutePath }), started),
  /** A comparison as one HTML file that needs nothing else. */
  'exchange.report': request(z.object({ runs: z.array(runReference).min(2).max(8), metrics: z.array(z.string()).max(50).optional() }), z.object({ name: z.string(), html: z.string() })),
  /** A model's README.md with the hub's metadata header, as things stand. */
  'exchange.card': request(z.object({ model: z.string().min(1) }), z.object({ text: z.string() })),
} as const;
