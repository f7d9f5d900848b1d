/**
 * How long the app takes to be usable with 10,000 runs in the store: from the command to a list in the page that answers to keys. The
 * browser is open already, as Electron's window would be; everything else starts cold.
 */
import { spawn } from 'node:child_process';
import { resolve } from 'node:path';
import { createInterface } from 'node:readline';
import { openBrowser } from '../../tests/window/browser.ts';
import { fillRuns } from '../fill.ts';
import type { BenchResult } from '../result.ts';
import { inWorkspace, rounds } from './session.ts';

const RUNS = 10_000;
const STEPS = 500;
const ROUNDS = 5;
const LIMIT_MS = 2000;

export function benchStart(kept?: string): Promise<BenchResult[]> {
  return inWorkspace(kept, (database) => fillRuns(database, { runs: RUNS, steps: STEPS }), async (workspace) => {
    const served: number[] = [];
    const usable: number[] = [];
    for (let round = 0; round < ROUNDS; round++) {
      const { servedMs, usableMs } = await startOnce(workspace);
      served.push(servedMs);
      usable.push(usableMs);
      process.stderr.write(`served after ${servedMs.toFixed(0)} ms, usable after ${usableMs.toFixed(0)} ms\n`);
    }
    return [rounds(`usable with ${RUNS} runs`, usable, 'ms', LIMIT_MS), rounds('of that, until the host answers', served, 'ms', LIMIT_MS)];
  });
}

async function startOnce(workspace: string): Promise<{ servedMs: number; usableMs: number }> {
  const browser = await openBrowser();
  const page = await browser.newPage({ viewport: { width: 1440, height: 900 } });
  await page.waitForTimeout(1000); // The browser's own start is over by then.
  const started = performance.now();
  const host = spawn(process.execPath, [resolve(import.meta.dirname, '../../bin/cria.mjs'), '--workspace', workspace, 'host', '--port', '0'], { stdio: ['ignore', 'pipe', 'inherit'], env: { ...process.env, NO_COLOR: '1' } });
  try {
    const url = await new Promise<string>((found, failed) => {
      createInterface({ input: host.stdout }).on('line', (line) => {
        const address = /http:\S+\?token=\S+/.exec(line)?.[0];
        if (address) found(address);
      });
      host.once('close', (code) => failed(new Error(`The host ended with code ${code}.`)));
    });
    const servedMs = performance.now() - started;
    await page.goto(url, { waitUntil: 'commit' });
    await page.waitForSelector(`text=${RUNS.toLocaleString('en-US')} runs`);
    await page.waitForSelector('.rows .line .name a');
    await page.keyboard.press('ArrowDown');
    await page.waitForFunction(() => document.activeElement?.closest('[data-row="1"]') !== null);
    return { servedMs, usableMs: performance.now() - started };
  } finally {
    await browser.close();
    host.kill('SIGINT');
    if (host.exitCode === null) await new Promise((ended) => host.once('close', ended));
  }
}
