/** Fuzzes one target in a thread of its own, whose heap is limited, and keeps the input at work where the campaign can see it. */
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { parentPort, workerData } from 'node:worker_threads';
import fc from 'fast-check';
import { FILE_TARGETS } from './files.ts';
import { SERVICE_TARGETS } from './services.ts';

export interface WorkerTask {
  target: number;
  inputs: number;
  milliseconds: number;
  seed: number;
  /** Two counters: inputs begun and inputs ended. */
  counters: SharedArrayBuffer;
}

export interface TargetReport {
  name: string;
  inputs: number;
  /** Inputs that were taken; the others were refused, as they should be. */
  taken: number;
  slowestMs: number;
  /** What went wrong, with the smallest input that does it; null: nothing. */
  failure: { message: string; input: string; replay: string } | null;
}

export const TARGETS = [...FILE_TARGETS, ...SERVICE_TARGETS];
/** Longest that an input may take. Garbage collection and a busy machine take their share of it. */
const MAX_MS = 1000;
const PATIENCE_MS = 10_000;

async function fuzz({ target: number, inputs, milliseconds, seed, counters }: WorkerTask): Promise<TargetReport> {
  const folder = mkdtempSync(join(tmpdir(), 'cria-fuzz-'));
  const counts = new Int32Array(counters);
  const target = await TARGETS[number]!(folder);
  let taken = 0;
  let slowestMs = 0;
  try {
    const property = fc.asyncProperty(target.inputs, async (input) => {
      Atomics.add(counts, 0, 1);
      // Time of this thread's own work: a busy machine must not look like a slow parser.
      const before = performance.now();
      const cpu = process.threadCpuUsage();
      if (await target.run(input)) taken++;
      const { user, system } = process.threadCpuUsage(cpu);
      const elapsed = Math.min(performance.now() - before, (user + system) / 1000);
      slowestMs = Math.max(slowestMs, elapsed);
      Atomics.add(counts, 1, 1);
      if (elapsed > MAX_MS) throw new Error(`took ${Math.round(elapsed)} ms of computing`);
    });
    const result = await fc.check(property, { seed, numRuns: inputs, interruptAfterTimeLimit: milliseconds, markInterruptAsFailure: false });
    if (!result.failed && !(await allEnded(counts))) throw new Error(`input ${counts[0]} was never done with`);
    const failure = result.failed
      ? { message: String((result.errorInstance as Error)?.stack ?? result.errorInstance), input: fc.stringify(result.counterexample), replay: `seed ${result.seed}, path ${result.counterexamplePath}` }
      : null;
    return { name: target.name, inputs: counts[1]!, taken, slowestMs, failure };
  } finally {
    await target.close?.();
    rmSync(folder, { recursive: true, force: true });
  }
}

/** The last input may have been at work when the time was up; it has to come to its end. */
async function allEnded(counts: Int32Array): Promise<boolean> {
  for (const start = performance.now(); performance.now() - start < PATIENCE_MS; await sleep(20)) if (counts[0] === counts[1]) return true;
  return false;
}

parentPort?.postMessage(await fuzz(workerData as WorkerTask));
