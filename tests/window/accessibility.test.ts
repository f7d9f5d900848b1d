/** WCAG AA on every page in both themes, by axe. */
import { spawnSync } from 'node:child_process';
import { existsSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { AxeBuilder } from '@axe-core/playwright';
import type { Browser, BrowserContext, Page } from 'playwright';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { findChromium, openBrowser, openSession, serve, type ServedHost } from './browser.ts';

const ROOT = resolve(import.meta.dirname, '../..');
const canRun = findChromium() !== null && existsSync(join(ROOT, 'out/renderer/index.html'));

describe.runIf(canRun)('axe finds nothing', () => {
  let workspace: string;
  let host: ServedHost;
  let browser: Browser;
  let context: BrowserContext;
  let page: Page;
  let runs: { id: string }[];

  beforeAll(async () => {
    workspace = mkdtempSync(join(tmpdir(), 'cria-axe-'));
    const cria = (...args: string[]) => spawnSync(process.execPath, [join(ROOT, 'src/main/cli.ts'), '--workspace', workspace, ...args], { encoding: 'utf8' });
    expect(cria('demo', '--tiny').status).toBe(0);
    runs = JSON.parse(cria('runs', '--json').stdout) as { id: string }[];
    host = await serve(workspace);
    browser = await openBrowser();
    context = await openSession(browser, host);
    page = await context.newPage();
  }, 180_000);
  afterAll(async () => {
    await browser?.close();
    await host?.stop();
    rmSync(workspace, { recursive: true, force: true });
  });

  const pages = (): Record<string, string> => ({
    runs: '/runs', 'all kinds': '/runs?kind=all', run: `/runs/${runs[0]!.id}`, compare: `/compare?runs=${runs.slice(0, 3).map(({ id }) => id).join(',')}&pairs=demo/babylm-2024/passive`, 'compare, empty': '/compare', 'new run': '/new', distil: '/distil',
    queue: '/queue', evaluate: '/evaluate', models: '/models', 'text lab': '/lab', model: '/models/demo-student', corpora: '/corpora', settings: '/settings', 'not found': '/nowhere',
  });

  it.each(['light', 'dark'] as const)('on any page, %s', async (colorScheme) => {
    await page.emulateMedia({ colorScheme });
    const found: string[] = [];
    for (const [name, path] of Object.entries(pages())) {
      await page.goto(`${new URL(host.url()).origin}/#${path}`);
      await page.reload();
      await page.waitForSelector('main > *');
      await page.waitForTimeout(700); // What the engine answers is on the page by then.
      const { violations } = await new AxeBuilder({ page }).withTags(['wcag2a', 'wcag2aa', 'wcag21a', 'wcag21aa', 'wcag22aa', 'best-practice']).analyze();
      found.push(...violations.flatMap(({ id, nodes }) => nodes.slice(0, 3).map((node) => `${name}: ${id}: ${node.html.slice(0, 160)} ${node.failureSummary?.split('\n')[1] ?? ''}`)));
    }
    expect(found).toEqual([]);
  }, 180_000);

  it('in the dialogs', async () => {
    const found: string[] = [];
    const look = async (name: string) => {
      await page.waitForSelector('[role="dialog"]');
      const { violations } = await new AxeBuilder({ page }).include('[role="dialog"]').analyze();
      found.push(...violations.flatMap(({ id, nodes }) => nodes.map((node) => `${name}: ${id}: ${node.html.slice(0, 160)}`)));
      await page.keyboard.press('Escape');
    };
    await page.goto(`${new URL(host.url()).origin}/#/runs`);
    await page.waitForSelector('.line .name');
    await page.keyboard.press('Control+k');
    await look('search');
    await page.keyboard.press('?');
    await look('shortcuts');
    await page.goto(`${new URL(host.url()).origin}/#/models?import=1`);
    await look('import a model');
    await page.goto(`${new URL(host.url()).origin}/#/corpora?import=1`);
    await look('import a corpus');
    expect(found).toEqual([]);
  });
});
