/** How long the window waits for an answer while a training job keeps all processors busy: a request every few milliseconds, timed in the page. */
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Page } from 'playwright';
import { writeConfig, writeCorpus } from '../../tests/e2e/support.ts';
import { openBrowser, openSession, serve } from '../../tests/window/browser.ts';
import type { BenchResult } from '../result.ts';
import { percentile, rounds } from './session.ts';

const ROUNDS = 5;
const REQUESTS = 400;
const GAP_MS = 15;
const LIMIT_MS = 20;
/** Large enough that most of the time goes into matrix products, on every processor. */
const MODEL = { hidden_size: 256, n_layer: 6, n_head: 8 };

export async function benchRoundTrip(): Promise<BenchResult[]> {
  const root = mkdtempSync(join(tmpdir(), 'cria-bench-'));
  const host = await serve(join(root, 'workspace'));
  const browser = await openBrowser();
  try {
    const page = await (await openSession(browser, host)).newPage();
    await page.goto(new URL(host.url()).origin);
    await page.waitForSelector('main > *');
    const idle = await times(page);
    const runId = await startTraining(page, root);
    const busy: number[][] = [];
    for (let round = 0; round < ROUNDS; round++) {
      busy.push(await times(page));
      process.stderr.write(`p50 ${percentile(busy.at(-1)!, 0.5).toFixed(1)} ms, p99 ${percentile(busy.at(-1)!, 0.99).toFixed(1)} ms\n`);
    }
    const { state } = (await ask(page, 'run.get', { run: runId })) as { state: string };
    if (state !== 'running') throw new Error(`The training job did not last: ${state}.`);
    return [
      rounds('round trip while training, 99th percentile', busy.map((round) => percentile(round, 0.99)), 'ms', LIMIT_MS),
      rounds('round trip while training, median', busy.map((round) => percentile(round, 0.5)), 'ms', LIMIT_MS),
      rounds('round trip while nothing runs, 99th percentile', [percentile(idle, 0.99)], 'ms', LIMIT_MS),
    ];
  } finally {
    await browser.close();
    await host.stop();
    rmSync(root, { recursive: true, force: true });
  }
}

const ask = (page: Page, method: string, params: object) =>
  page.evaluate(([name, value]) => (window as unknown as { criaTest: (method: string, params: object) => Promise<unknown> }).criaTest(name, value), [method, params] as const);

async function startTraining(page: Page, root: string): Promise<string> {
  writeCorpus(join(root, 'corpus'));
  await ask(page, 'tokenizer.train', { inputs: [join(root, 'corpus')], output: join(root, 'tokenizer.json'), vocabSize: 300, minFrequency: 1 });
  const state = async (kind: string) => ((await ask(page, 'run.list', { kinds: [kind] })) as { rows: { state: string; step: number | null }[] }).rows[0]!;
  while ((await state('tokenizer')).state !== 'done') await page.waitForTimeout(100);
  const overrides = Object.entries(MODEL).map(([key, value]) => [`model.${key}`, String(value)]);
  const config = writeConfig(root, 'busy', '  max_steps: 100000\n  eval_steps: 100000\n  logging_steps: 1\n');
  const { runId } = (await ask(page, 'run.start', { configFile: config, workingFolder: root, overrides, method: 'train' })) as { runId: string };
  while (!((await state('train')).step! > 2)) await page.waitForTimeout(100);
  return runId;
}

/** Milliseconds of as many requests as a busy page makes in some seconds. */
async function times(page: Page): Promise<number[]> {
  return page.evaluate(async ([requests, gap]) => {
    const { criaTest } = window as unknown as { criaTest: (method: string, params: object) => Promise<unknown> };
    const taken: number[] = [];
    for (let i = 0; i < requests; i++) {
      const started = performance.now();
      await criaTest(i % 2 ? 'engine.info' : 'run.list', i % 2 ? {} : { limit: 50 });
      taken.push(performance.now() - started);
      await new Promise((resolve) => setTimeout(resolve, gap));
    }
    return taken;
  }, [REQUESTS, GAP_MS] as const);
}
