/** The text lab in the window: what models expect of a sentence, where they look, how they go on. */
import { existsSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { AxeBuilder } from '@axe-core/playwright';
import type { Browser, Page } from 'playwright';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { trainTokenizer } from '../../src/main/corpus/trainTokenizer.ts';
import { createModel } from '../../src/main/models/createModel.ts';
import { saveModelFolder } from '../../src/main/models/saveModel.ts';
import { ended, openEngine, writeCorpus } from '../e2e/support.ts';
import { TINY_CONFIGS } from '../support/tinyModels.ts';
import { findChromium, openBrowser, openSession, serve, type ServedHost } from './browser.ts';

const ROOT = resolve(import.meta.dirname, '../..');
const canRun = findChromium() !== null && existsSync(join(ROOT, 'out/renderer/index.html'));

/** Two untrained models of two architectures in a workspace: what they say is nonsense, and as good as any to look at. */
async function makeModels(root: string): Promise<void> {
  writeCorpus(join(root, 'corpus'));
  const nothing = () => {};
  const context = { signal: new AbortController().signal, folder: root, progress: nothing, log: nothing, metric: nothing, report: nothing };
  const tokenizerPath = join(root, 'tokenizer.json');
  const { vocabSize } = await trainTokenizer({ inputs: [join(root, 'corpus')], output: tokenizerPath, vocabSize: 300, minFrequency: 1 }, context);
  const { engine, client } = await openEngine(root);
  for (const type of ['gpt2', 'llama'] as const) {
    const config = { ...TINY_CONFIGS[type], vocab_size: vocabSize, initializer_range: 0.3 };
    const model = createModel(config, { seed: 5 });
    const values = new Map([...model.parameters].map(([name, parameter]) => [name, parameter.dataSync() as Float32Array]));
    await saveModelFolder(join(root, `small-${type}`), { config, tokenizerPath, values: (name) => values.get(name)! });
    model.dispose();
    const { runId } = await client.request('model.import', { source: join(root, `small-${type}`), name: null });
    expect((await ended(client, runId)).error).toBeNull();
  }
  await engine.close();
}

describe.runIf(canRun)('the text lab', () => {
  let root: string;
  let host: ServedHost;
  let browser: Browser;
  let page: Page;
  const complaints: string[] = [];

  beforeAll(async () => {
    root = mkdtempSync(join(tmpdir(), 'cria-lab-'));
    await makeModels(root);
    host = await serve(join(root, 'workspace'));
    browser = await openBrowser();
    page = await (await openSession(browser, host)).newPage();
    page.setDefaultTimeout(60_000);
    page.on('pageerror', (error) => complaints.push(error.message));
    page.on('console', (message) => message.type() === 'error' && complaints.push(message.text()));
    await page.goto(`${new URL(host.url()).origin}/#/lab?models=small-llama,small-gpt2&text=the small llama sees the fox .`);
    await page.waitForSelector('.models input');
  }, 300_000);
  afterAll(async () => {
    await browser?.close();
    await host?.stop();
    rmSync(root, { recursive: true, force: true });
    expect(complaints).toEqual([]);
  });

  it('shows surprisal word by word, whose sum is the whole text\'s', async () => {
    await page.locator('.ask button', { hasText: 'Read' }).click();
    await page.waitForSelector('.surprisal');
    expect(await page.locator('.surprisal thead .word').allTextContents()).toEqual(['the', 'small', 'llama', 'sees', 'the', 'fox', '.']);
    for (const row of await page.locator('.surprisal tbody tr').all()) {
      const whole = Number(await row.locator('td.number').first().textContent());
      const words = (await row.locator('td.word strong').allTextContents()).map(Number);
      expect(words).toHaveLength(7);
      expect(Math.abs(words.reduce((sum, bits) => sum + bits, 0) - whole)).toBeLessThan(0.5);
    }
  });

  it('tells what was expected at a token, and what might follow', async () => {
    await page.locator('.surprisal tbody tr').first().locator('td.word').nth(3).locator('.token').last().click();
    await page.waitForSelector('.expected');
    expect(await page.locator('.expected h3').allTextContents()).toEqual(['small-llama', 'small-gpt2']);
    expect(await page.locator('.expected tbody tr').count()).toBe(20);
    expect((await page.locator('.expected mark').first().textContent())!.length).toBeGreaterThan(0);
    await page.locator('.token.next').click();
    expect(await page.locator('.expected mark').count()).toBe(0);
    expect(await page.locator('#expected-title').textContent()).toBe('What might follow');
  });

  it('shows attention per layer and head, as maps and as numbers', async () => {
    const heads = await page.locator('.heads .head').count();
    expect(heads).toBeGreaterThan(1);
    const sum = async () => (await page.locator('.attention tbody td:last-child').allTextContents()).reduce((total, cell) => total + Number.parseFloat(cell), 0);
    expect(await sum()).toBeGreaterThan(50);
    await page.locator('.attention .text .token').first().click();
    // The start token can only look at itself.
    await page.waitForFunction(() => document.querySelectorAll('.attention tbody tr').length === 1);
    expect(await sum()).toBeCloseTo(100, 0);
    const mapOf = () => page.evaluate(() => [...document.querySelectorAll('canvas')].map((canvas) => canvas.toDataURL()).join());
    const first = await mapOf();
    await page.locator('.panel:has(.attention) select').nth(1).selectOption({ index: 1 });
    await page.waitForFunction((before) => [...document.querySelectorAll('canvas')].map((canvas) => canvas.toDataURL()).join() !== before, first);
    await page.locator('.heads .head').nth(1).click();
    expect(await page.locator('.attention caption').textContent()).toContain('head 2');
  });

  it('lets the models go on side by side, the same for the same seed', async () => {
    const write = async () => {
      await page.locator('button', { hasText: /^Write$/ }).click();
      await page.waitForFunction(() => document.querySelectorAll('.written').length === 2 && [...document.querySelectorAll('.written')].every((column) => column.querySelectorAll('.drawn').length > 0));
      await page.locator('button', { hasText: /^Write$/ }).waitFor();
      return page.locator('.written p').allTextContents();
    };
    await page.locator('label', { hasText: 'Tokens' }).locator('input').fill('6');
    const first = await write();
    expect(first[0]).not.toBe(first[1]);
    expect(await write()).toEqual(first);
  });

  it('keeps models and text in the address, and says in words what it cannot read', async () => {
    expect(decodeURIComponent(page.url())).toContain('models=small-llama,small-gpt2');
    await page.locator('.ask textarea').fill('the llama '.repeat(300));
    await page.keyboard.press('Control+Enter');
    await page.waitForSelector('.notice.error >> text=reads at most');
    await page.locator('.notice.error button').first().click();
  });

  it.each(['light', 'dark'] as const)('axe finds nothing with everything open, %s', async (colorScheme) => {
    await page.emulateMedia({ colorScheme });
    await page.locator('.surprisal tbody .token').first().click();
    const { violations } = await new AxeBuilder({ page }).withTags(['wcag2a', 'wcag2aa', 'wcag21a', 'wcag21aa', 'wcag22aa', 'best-practice']).analyze();
    expect(violations.flatMap(({ id, nodes }) => nodes.slice(0, 3).map((node) => `${id}: ${node.html.slice(0, 160)} ${node.failureSummary?.split('\n')[1] ?? ''}`))).toEqual([]);
    if (process.env.CRIA_PICTURES) await page.screenshot({ path: join(process.env.CRIA_PICTURES, `lab-${colorScheme}.png`), fullPage: true });
  });
});
