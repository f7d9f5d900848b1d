/**
 * Whether the window's memory stays flat while a run logs ten times a second: ten minutes of that are an hour and a half of a run that
 * logs once a second. What counts is what is left after a garbage collection, once the pages have seen everything they show.
 */
import { copyFileSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import type { CDPSession, Page } from 'playwright';
import { startEngine } from '../../src/main/engine.ts';
import { startHost } from '../../src/main/host/host.ts';
import { Workspace } from '../../src/main/workspace.ts';
import { writeConfig, writeCorpus } from '../../tests/e2e/support.ts';
import { openBrowser } from '../../tests/window/browser.ts';
import type { BenchResult } from '../result.ts';
import { percentile } from './session.ts';

const MINUTES = 10;
/** Part of the time after which nothing new may stay. */
const WARM_UP = 0.2;
const SAMPLES = 20;
const LIMIT_MB = 2;

interface Sample {
  minutes: number;
  /** JavaScript's heap and the buffers behind it. */
  megabytes: number;
  nodes: number;
  listeners: number;
}

/** @param argument minutes */
export async function benchSoak(argument?: string): Promise<BenchResult[]> {
  const minutes = Number(argument ?? MINUTES);
  const root = mkdtempSync(join(tmpdir(), 'cria-soak-'));
  const workspace = new Workspace(join(root, 'workspace'));
  const engine = await startEngine({ workspace, jobEntry: resolve(import.meta.dirname, 'loggingJob.ts') });
  const host = await startHost({ session: 'a session of the soak, forty characters long', renderer: resolve(import.meta.dirname, '../../out/renderer'), attach: (channel) => engine.attach(channel), address: '127.0.0.1', port: 0 });
  const browser = await openBrowser();
  try {
    writeCorpus(join(root, 'corpus'));
    copyFileSync(resolve(import.meta.dirname, '../../package.json'), join(root, 'tokenizer.json')); // Only asked whether it is there.
    const client = engine.client();
    const { runId } = await client.request('run.start', { configFile: writeConfig(root, 'soak', ''), workingFolder: root, overrides: [], method: 'train' });
    const context = await browser.newContext({ viewport: { width: 1440, height: 900 } });
    const page = await context.newPage();
    await page.goto(host.url());
    await page.waitForSelector('.rows .line .name a');
    const pages: [string, Page][] = [['the runs page', page]];
    for (const [name, path] of [['the run page', `/runs/${runId}`]] as const) {
      const other = await context.newPage();
      await other.goto(`${new URL(host.url()).origin}/#${path}`);
      await other.waitForFunction(() => Number(document.querySelector<HTMLElement>('.chart')?.dataset.points ?? 0) > 500);
      pages.push([name, other]);
    }
    const watched = await Promise.all(pages.map(async ([name, each]) => ({ name, session: await context.newCDPSession(each), samples: [] as Sample[] })));
    const started = performance.now();
    for (let i = 0; i <= SAMPLES; i++) {
      await page.waitForTimeout(Math.max(0, started + (i * minutes * 60_000) / SAMPLES - performance.now()));
      for (const { session, samples } of watched) samples.push(await measure(session, (performance.now() - started) / 60_000));
      process.stderr.write(`${watched.map(({ name, samples }) => `${name} ${samples.at(-1)!.megabytes.toFixed(2)} MB, ${samples.at(-1)!.nodes} nodes`).join('; ')} after ${((i * minutes) / SAMPLES).toFixed(1)} min\n`);
    }
    const { step } = await client.request('run.get', { run: runId });
    return watched.flatMap(({ name, samples }): BenchResult[] => {
      const settled = samples.filter(({ minutes: at }) => at >= WARM_UP * minutes);
      // A sample now and then holds a drawing that was under way; medians pass it over.
      const third = Math.ceil(settled.length / 3);
      const growth = median(settled.slice(-third)) - median(settled.slice(0, third));
      return [
        { case: `${name}: growth in ${minutes} min at ten records a second (up to step ${step}), from ${settled[0]!.megabytes.toFixed(2)} MB`, precision: '', ours: growth, unit: 'MB', peer: `limit of ${LIMIT_MB} MB`, ratio: growth > 0 ? LIMIT_MB / growth : Infinity },
        { case: `${name}: nodes and listeners more than at the beginning`, precision: '', ours: settled.at(-1)!.nodes + settled.at(-1)!.listeners - settled[0]!.nodes - settled[0]!.listeners, unit: '', peer: null, ratio: null },
      ];
    });
  } finally {
    await browser.close();
    await host.close();
    await engine.close();
    rmSync(root, { recursive: true, force: true });
  }
}

async function measure(session: CDPSession, minutes: number): Promise<Sample> {
  await session.send('HeapProfiler.collectGarbage');
  const { usedSize, embedderHeapUsedSize = 0, backingStorageSize = 0 } = (await session.send('Runtime.getHeapUsage')) as { usedSize: number; embedderHeapUsedSize?: number; backingStorageSize?: number };
  const { nodes, jsEventListeners } = await session.send('Memory.getDOMCounters');
  return { minutes, megabytes: (usedSize + embedderHeapUsedSize + backingStorageSize) / 1e6, nodes, listeners: jsEventListeners };
}

function median(samples: readonly Sample[]): number {
  return percentile(samples.map(({ megabytes }) => megabytes), 0.5);
}
