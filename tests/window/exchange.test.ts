/** Runs of other tools in the window: found, picked, compared, reported. */
import { cpSync, existsSync, mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { pathToFileURL } from 'node:url';
import { AxeBuilder } from '@axe-core/playwright';
import type { Browser, Page } from 'playwright';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { findChromium, openBrowser, openSession, serve, type ServedHost } from './browser.ts';

const ROOT = resolve(import.meta.dirname, '../..');
const FIXTURES = join(ROOT, 'tests/fixtures/exchange');
const canRun = findChromium() !== null && existsSync(join(ROOT, 'out/renderer/index.html'));

describe.runIf(canRun)('runs of other tools', () => {
  let root: string;
  let host: ServedHost;
  let browser: Browser;
  let page: Page;
  const complaints: string[] = [];

  beforeAll(async () => {
    root = mkdtempSync(join(tmpdir(), 'cria-exchange-'));
    host = await serve(join(root, 'workspace'));
    browser = await openBrowser();
    page = await (await openSession(browser, host)).newPage();
    page.setDefaultTimeout(60_000);
    page.on('pageerror', (error) => complaints.push(error.message));
    page.on('console', (message) => message.type() === 'error' && complaints.push(message.text()));
  }, 60_000);
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

  it('are found at a path, picked and imported, and stand in the list with their curves', async () => {
    await page.goto(`${new URL(host.url()).origin}/#/runs`);
    await page.locator('.start a', { hasText: 'imported' }).click();
    const path = page.locator('[role="dialog"] input').first();
    await path.fill(join(root, 'nowhere'));
    await page.waitForSelector('[role="dialog"] [role="alert"] >> text=There is nothing at');
    // A page may read what lies in the folders that the host was told of.
    const others = join(root, 'others');
    cpSync(FIXTURES, others, { recursive: true });
    await path.fill(others);
    await page.waitForSelector('.found label');
    expect(await page.locator('.found label').allTextContents()).toEqual(['scalarsTensorBoard', 'tensorsTensorBoard']);
    expect(await axe()).toEqual([]);
    await page.locator('[role="dialog"] button', { hasText: /^Import$/ }).click();
    await page.waitForFunction(() => [...document.querySelectorAll('.rows [role="row"]')].filter((row) => row.textContent.includes('done')).length === 2);
    // The first of a row's numbers is the eval loss.
    expect(await page.locator('.rows [role="row"]').evaluateAll((rows) => rows.map((row) => row.querySelector('.number')!.textContent))).toEqual(['3.500', '–']);
    await page.locator('.name a', { hasText: 'scalars' }).click();
    await page.waitForFunction(() => Number(document.querySelector('.chart')?.getAttribute('data-points')) === 20);
    expect(await page.locator('.facts').textContent()).toContain('events.out.tfevents');
  });

  it('are compared, and the report of it opens alone and without a network', async () => {
    await page.goBack();
    await page.waitForSelector('.rows input[type="checkbox"]');
    for (const box of await page.locator('.rows input[type="checkbox"]').all()) await box.click();
    await page.locator('button', { hasText: /^Export$/ }).click();
    await page.waitForSelector('[role="dialog"] >> text=Of 2 runs');
    expect(await axe()).toEqual([]);
    await page.locator('[role="dialog"] input[type="text"], [role="dialog"] input.mono').fill(join(root, 'board'));
    await page.locator('[role="dialog"] button', { hasText: /^Export$/ }).click();
    await page.waitForSelector('[role="dialog"]', { state: 'detached' });
    await page.locator('button', { hasText: /^Compare$/ }).click();
    await page.waitForSelector('.config');
    await page.waitForFunction(() => Number(document.querySelector('.chart')?.getAttribute('data-points')) > 0);
    await page.locator('button', { hasText: /^Export$/ }).click();
    const [download] = await Promise.all([page.waitForEvent('download'), page.locator('[role="menuitem"]', { hasText: 'Report' }).click()]);
    const path = join(root, download.suggestedFilename());
    await download.saveAs(path);
    expect(readFileSync(path, 'utf8')).toContain('<!doctype html>');

    const alone = await browser.newContext({ offline: true });
    const report = await alone.newPage();
    const asked: string[] = [];
    report.on('request', (request) => asked.push(request.url()));
    report.on('console', (message) => complaints.push(message.text()));
    await report.goto(pathToFileURL(path).href);
    expect(asked).toEqual([pathToFileURL(path).href]);
    expect(await report.locator('figure svg path').count()).toBeGreaterThan(4);
    expect(await report.locator('h1').textContent()).toContain('scalars');
    const { violations } = await new AxeBuilder({ page: report }).withTags(['wcag2a', 'wcag2aa', 'best-practice']).analyze();
    expect(violations.map(({ id, nodes }) => `${id} ${nodes[0]!.html}`)).toEqual([]);
    if (process.env.CRIA_PICTURES) await report.screenshot({ path: join(process.env.CRIA_PICTURES, 'report.png'), fullPage: true });
    await alone.close();
    expect(existsSync(join(root, 'board'))).toBe(true);
  });
});
