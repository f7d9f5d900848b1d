/** Corpora in the window: a layout recognised, cleaned, and a mix drawn within a budget. */
import { existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { AxeBuilder } from '@axe-core/playwright';
import type { Browser, Page } from 'playwright';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { findChromium, openBrowser, openSession, serve, type ServedHost } from './browser.ts';

const canRun = findChromium() !== null && existsSync(resolve(import.meta.dirname, '../../out/renderer/index.html'));

describe.runIf(canRun)('corpora', () => {
  let root: string;
  let host: ServedHost;
  let browser: Browser;
  let page: Page;
  const complaints: string[] = [];

  beforeAll(async () => {
    root = mkdtempSync(join(tmpdir(), 'cria-corpora-'));
    for (const [folder, ending] of [['train_10M', 'train'], ['dev', 'dev']]) {
      mkdirSync(join(root, 'raw', folder!), { recursive: true });
      for (const domain of ['childes', 'simple_wiki']) writeFileSync(join(root, 'raw', folder!, `${domain}.${ending}`), Array.from({ length: 200 }, (_, i) => `The ${domain} sentence number ${i} .\n`).join(''));
    }
    host = await serve(join(root, 'workspace'));
    browser = await openBrowser();
    page = await (await openSession(browser, host)).newPage();
    page.setDefaultTimeout(60_000);
    page.on('pageerror', (error) => complaints.push(error.message));
  }, 120_000);
  afterAll(async () => {
    await browser?.close();
    await host?.stop();
    rmSync(root, { recursive: true, force: true });
    expect(complaints).toEqual([]);
  });

  const axe = async () => {
    const { violations } = await new AxeBuilder({ page }).include('[role="dialog"]').analyze();
    return violations.flatMap(({ id, nodes }) => nodes.map((node) => `${id}: ${node.html.slice(0, 160)}`));
  };

  it('are recognised by their year, offered for download, and cleaned with their development text', async () => {
    await page.goto(`${new URL(host.url()).origin}/#/corpora?import=1`);
    await page.waitForSelector('[role="dialog"] >> text=BabyLM 2023, 100M words');
    expect(await page.locator('[role="dialog"] button', { hasText: 'Download' }).count()).toBe(4);
    await page.locator('[role="dialog"] input.mono').fill(join(root, 'raw'));
    await page.waitForSelector('.found >> text=BabyLM 2024/2025, 10M words (train_10M)');
    expect(await page.locator('.found').textContent()).toContain('4 files');
    expect(await axe()).toEqual([]);
    await page.locator('[role="dialog"] button', { hasText: 'Import and clean' }).click();
    await page.waitForSelector('.link >> text=raw');
    expect(readFileSync(join(root, 'workspace/corpora/raw/childes.dev'), 'utf8').split('\n')[7]).toBe('The childes sentence number 7.');
  });

  it('are mixed by shares, to the word', async () => {
    await page.locator('button', { hasText: 'Mix a corpus' }).click();
    await page.locator('[role="dialog"] tbody tr', { hasText: 'childes.train' }).locator('input').fill('3');
    await page.locator('[role="dialog"] tbody tr', { hasText: 'simple_wiki.train' }).locator('input').fill('1');
    expect(await page.locator('[role="dialog"] tbody tr', { hasText: 'childes.train' }).textContent()).toContain('7,500,000');
    await page.locator('[role="dialog"] label', { hasText: 'Words' }).locator('input').fill('10000001');
    await page.locator('[role="dialog"] button', { hasText: /^Mix$/ }).click();
    await page.waitForSelector('.notice.error >> text=more than the 10,000,000');
    await page.locator('[role="dialog"] label', { hasText: 'Words' }).locator('input').fill('800');
    expect(await axe()).toEqual([]);
    await page.locator('[role="dialog"] button', { hasText: /^Mix$/ }).click();
    await page.waitForSelector('.link >> text=mix');
    const count = (file: string) => readFileSync(join(root, 'workspace/corpora/mix', file), 'utf8').split(/\s+/).filter(Boolean).length;
    expect([count('childes.train'), count('simple_wiki.train')]).toEqual([600, 200]);
  });
});
