/** Fuzzes all targets, one after the other, each in a thread that is ended when it hangs or when its heap is full. */
import { Worker } from 'node:worker_threads';
import { FILE_TARGETS } from './files.ts';
import { SERVICE_TARGETS } from './services.ts';
import type { TargetReport, WorkerTask } from './worker.ts';

export const TARGET_COUNT = FILE_TARGETS.length + SERVICE_TARGETS.length;

/** Inputs have at most 128 KiB; what is made of one may take some hundred times that, and what a thread needs anyway. */
export const HEAP_MB = 256;
/** An input that is at work for so long hangs, however busy the machine is. */
const HANG_MS = 30_000;
const LOOK_MS = 250;

export interface Campaign {
  /** Inputs of each target, at most. */
  inputs: number;
  /** Time for each target, at most. */
  milliseconds: number;
  seed: number;
}

/** Fuzzes one target, by its number. */
export async function fuzzTarget(target: number, { inputs, milliseconds, seed }: Campaign): Promise<TargetReport & { peakRssBytes: number }> {
  const counters = new SharedArrayBuffer(8);
  const counts = new Int32Array(counters);
  const task: WorkerTask = { target, inputs, milliseconds, seed, counters };
  const worker = new Worker(new URL('./worker.ts', import.meta.url), {
    workerData: task,
    resourceLimits: { maxOldGenerationSizeMb: HEAP_MB },
    execArgv: ['--disable-warning=ExperimentalWarning'],
  });
  const start = process.memoryUsage.rss();
  let peak = start;
  let [seen, since] = [-1, performance.now()];
  return new Promise((resolve, reject) => {
    const timer = setInterval(() => {
      peak = Math.max(peak, process.memoryUsage.rss());
      const begun = Atomics.load(counts, 0);
      if (begun !== seen) [seen, since] = [begun, performance.now()];
      else if (begun > Atomics.load(counts, 1) && performance.now() - since > HANG_MS) {
        void worker.terminate();
        reject(new Error(`input ${begun} of target ${target} (seed ${seed}) hangs`));
      }
    }, LOOK_MS);
    worker.once('message', (report: TargetReport) => resolve({ ...report, peakRssBytes: peak - start }));
    worker.once('error', (error: Error) => reject(new Error(`target ${target}, input ${counts[0]}, seed ${seed}: ${error.message}`, { cause: error })));
    worker.once('exit', (code) => {
      clearInterval(timer);
      if (code !== 0) reject(new Error(`the thread of target ${target} ended with code ${code} at input ${counts[0]}, seed ${seed}`));
    });
  });
}
