/** What the benches of the window share: a filled workspace, a browser over a host, times in the page. */
import { existsSync, mkdirSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import type { Page } from 'playwright';
import type { BenchResult } from '../result.ts';

/**
 * Runs a bench in a workspace that `fill` has filled.
 * @param kept folder that is filled once and used again by the next bench; without one the workspace is made anew and removed
 */
export async function inWorkspace<T>(kept: string | undefined, fill: (database: string) => void, bench: (workspace: string) => Promise<T>): Promise<T> {
  const folder = kept ? resolve(kept) : mkdtempSync(join(tmpdir(), 'cria-bench-'));
  try {
    mkdirSync(folder, { recursive: true });
    const database = join(folder, 'cria.db');
    if (!existsSync(database)) fill(database);
    return await bench(folder);
  } finally {
    if (!kept) rmSync(folder, { recursive: true, force: true });
  }
}

/** A figure that must stay below a limit, as the median of several rounds, with the quietest and the busiest beside it. */
export function rounds(what: string, values: readonly number[], unit: string, limit: number): BenchResult {
  const sorted = [...values].sort((a, b) => a - b);
  const median = sorted[Math.floor((sorted.length - 1) / 2)]!;
  const spread = sorted.length > 1 ? ` (median of ${sorted.length} rounds, ${Number(sorted[0]!.toPrecision(3))} to ${Number(sorted.at(-1)!.toPrecision(3))})` : '';
  return { case: `${what}${spread}`, precision: '', ours: median, unit, peer: `limit of ${Number(limit.toPrecision(3))} ${unit}`, ratio: limit / median };
}

export function percentile(values: readonly number[], share: number): number {
  const sorted = [...values].sort((a, b) => a - b);
  return sorted[Math.min(sorted.length - 1, Math.floor(share * sorted.length))]!;
}

export interface Frames {
  /** Milliseconds between each frame and the one before. */
  times: number[];
  /** Milliseconds of processor time of the page's main thread, whatever else kept the machine busy. */
  processorMs: number;
}

/** What the page shows and works while something goes on. */
export async function frames(page: Page, during: () => Promise<void>): Promise<Frames> {
  const session = await page.context().newCDPSession(page);
  await session.send('Performance.enable', { timeDomain: 'threadTicks' });
  const worked = async () => (await session.send('Performance.getMetrics')).metrics.find(({ name }) => name === 'TaskDuration')!.value * 1000;
  await page.evaluate(() => {
    const state = { times: [] as number[], going: true };
    Object.assign(window, { criaFrames: state });
    const tick = (time: number) => {
      state.times.push(time);
      if (state.going) requestAnimationFrame(tick);
    };
    requestAnimationFrame(tick);
  });
  const before = await worked();
  await during();
  const processorMs = (await worked()) - before;
  const times = await page.evaluate(() => {
    const { criaFrames: state } = window as unknown as { criaFrames: { times: number[]; going: boolean } };
    state.going = false;
    return state.times;
  });
  await session.detach();
  return { times: times.slice(1).map((time, i) => time - times[i]!), processorMs };
}
