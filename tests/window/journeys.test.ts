/** The window as it is used: a browser over the host, through whole journeys. */
import { cpSync, existsSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import type { Browser, BrowserContext, Page } from 'playwright';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { writeConfig, writeCorpus } from '../e2e/support.ts';
import { findChromium, openBrowser, openSession, serve, type ServedHost } from './browser.ts';

const canRun = findChromium() !== null && existsSync(resolve(import.meta.dirname, '../../out/renderer/index.html'));

describe.runIf(canRun)('the window', () => {
  let root: string;
  let host: ServedHost;
  let browser: Browser;
  let context: BrowserContext;
  let page: Page;
  const complaints: string[] = [];

  const origin = () => new URL(host.url()).origin;
  const go = async (path: string) => {
    await page.goto(`${origin()}/#${path}`);
    await page.waitForSelector('main > *');
  };
  const points = () => page.locator('.chart').first().getAttribute('data-points').then(Number);
  const watchPage = (opened: Page) => {
    opened.on('pageerror', (error) => complaints.push(error.message));
    opened.on('console', (message) => message.type() === 'error' && !/WebSocket|403|net::/.test(message.text()) && complaints.push(message.text()));
  };

  beforeAll(async () => {
    root = mkdtempSync(join(tmpdir(), 'cria-window-'));
    host = await serve(join(root, 'workspace'));
    browser = await openBrowser();
    context = await openSession(browser, host);
    page = await context.newPage();
    page.setDefaultTimeout(60_000);
    watchPage(page);
    await go('/runs');
  });
  afterAll(async () => {
    await browser?.close();
    await host?.stop();
    rmSync(root, { recursive: true, force: true });
    expect(complaints).toEqual([]);
  });

  it('shows three ways into an empty workspace, and no page is a dead end', async () => {
    expect(await page.locator('.way h2').allTextContents()).toEqual(['Run the demo', 'Import a corpus', 'Import a model']);
    for (const path of ['/compare', '/queue', '/evaluate', '/models', '/corpora', '/runs/none', '/models/none', '/nowhere']) {
      await go(path);
      await page.waitForSelector('.empty');
      expect(await page.locator('main').locator('.button').count(), path).toBeGreaterThan(0);
    }
  });

  it('goes from the demo to its scores', async () => {
    // The tiny demo, asked for through the page's own connection, stands for the button's eight minutes.
    await go('/runs?kind=all');
    await page.evaluate(() => (window as unknown as { criaTest: (method: string, params: object) => Promise<unknown> }).criaTest('demo.start', { tiny: true }));
    await page.waitForSelector('.line .state >> text=running');
    await page.waitForFunction(() => [...document.querySelectorAll('[role="row"]')].filter((row) => row.textContent.includes('demo-student-from-scratch') && row.textContent.includes('done')).length === 1, undefined, { timeout: 120_000 });
    await page.waitForFunction(() => [...document.querySelectorAll('[role="row"]')].some((row) => row.textContent.includes('Evaluate') && row.textContent.includes('done')), undefined, { timeout: 120_000 });

    await go('/runs');
    await page.waitForFunction(() => /4 runs/.test(document.querySelector('main')!.textContent));
    await page.waitForSelector('.line .name >> text=demo-teacher-gpt2');
    await page.keyboard.press('ArrowDown');
    await page.keyboard.press('x');
    await page.keyboard.press('ArrowUp');
    await page.keyboard.press('x');
    await page.keyboard.press('c');
    await page.waitForSelector('.scores');
    expect(await page.locator('.head a').allTextContents()).toEqual(['demo-student', 'demo-student-from-scratch']);
    expect(await page.locator('.config').textContent()).toContain('alpha');
    await page.waitForFunction(() => Number(document.querySelector('.chart')?.getAttribute('data-points')) > 0);
    await page.locator('.phenomenon .fold').first().click();
    await page.locator('.paradigm .fold').first().click();
    await page.waitForSelector('.pairs .pair, .pairs >> text=agree on every pair');
    await page.locator('.pairs button', { hasText: 'Only disagreements' }).click();
    await page.waitForSelector('.pairs .pair');
    expect(await page.locator('.pairs mark').count()).toBeGreaterThan(0);

    // The address holds the whole view.
    const address = page.url();
    await page.reload();
    await page.waitForSelector('.pairs');
    expect(page.url()).toBe(address);
  });

  it('scores models with one click and lays them out', async () => {
    await go('/evaluate');
    await page.waitForFunction(() => document.querySelectorAll('.heat thead th').length === 5);
    await page.locator('label', { hasText: 'demo-teacher-gpt2' }).locator('input').check();
    await page.locator('button', { hasText: 'Evaluate on The demo' }).click();
    await page.waitForSelector('.job');
    await page.waitForSelector('.job', { state: 'detached' });
    expect(await page.locator('.heat tbody tr').count()).toBeGreaterThan(30);
  });

  it('writes with a model, token by token', async () => {
    await go('/models/demo-student');
    await page.locator('button', { hasText: /^Write$/ }).click();
    await page.waitForFunction(() => document.querySelectorAll('.output .token').length >= 5);
    expect(await page.locator('.alternatives, .write table tbody tr').count()).toBe(8);
  });

  it('says what is wrong with a config at its line and its field, and keeps its comments', async () => {
    await go('/new');
    const editor = page.locator('.cm-content');
    await editor.waitFor();
    await page.waitForSelector('button:has-text("Start training"):not([disabled])');
    await page.locator('#field-training\\.batch_size').fill('many');
    await page.locator('#field-training\\.batch_size').press('Tab');
    await page.waitForSelector('#note-training\\.batch_size.error');
    expect(await page.locator('.cm-lint-marker-error').count()).toBe(1);
    expect(await page.locator('button', { hasText: 'Start training' }).isDisabled()).toBe(true);
    await page.locator('#field-training\\.batch_size').fill('8');
    await page.locator('#field-training\\.batch_size').press('Tab');
    await page.waitForSelector('button:has-text("Start training"):not([disabled])');
    const text = await editor.innerText();
    expect(text).toMatch(/batch_size: 8 +# sequences per optimiser step/);
    // And back: what is typed shows in the form.
    await editor.click();
    await page.keyboard.press('Control+Home');
    await page.keyboard.press('Control+End');
    await page.keyboard.type('  nonsense: 1\n');
    await page.waitForSelector('text=1 problem');
    await page.locator('.cm-lint-marker-error').hover();
    await page.waitForSelector('.cm-tooltip-lint');
    expect(await page.locator('.cm-tooltip-lint').textContent()).toContain('unknown key "logging.nonsense"');

    // What would be lost is asked about: by the page when it is left, by the browser when the window is closed.
    await page.keyboard.press('Escape');
    await page.locator('nav a', { hasText: 'Models' }).click();
    await page.locator('[role="dialog"] button', { hasText: 'Stay' }).click();
    const question = page.waitForEvent('dialog');
    await page.close({ runBeforeUnload: true });
    expect((await question).type()).toBe('beforeunload');
    await (await question).dismiss();
    expect(page.url()).toContain('#/new');
    expect(await editor.innerText()).toContain('nonsense: 1');
    await page.locator('nav a', { hasText: 'Models' }).click();
    await page.locator('[role="dialog"] button', { hasText: 'Discard the changes' }).click();
    await page.waitForURL('**/#/models');
  });

  it('watches a run live, through pause, resume, a killed job and a restarted engine', async () => {
    writeCorpus(join(root, 'corpus'));
    cpSync(join(root, 'workspace', 'tokenizers', 'demo.json'), join(root, 'tokenizer.json'));
    const config = writeConfig(root, 'long', '  max_steps: 100000\n  eval_steps: 50\n  logging_steps: 2\n');
    const { runId } = (await page.evaluate(({ configFile, workingFolder }) => (window as unknown as { criaTest: (method: string, params: object) => Promise<unknown> }).criaTest('run.start', { configFile, workingFolder, overrides: [], method: 'train' }), { configFile: config, workingFolder: root })) as { runId: string };
    await go(`/runs/${runId}`);
    await page.waitForFunction(() => Number(document.querySelector('.chart')?.getAttribute('data-points')) > 3);
    const before = await points();
    await page.waitForFunction((least) => Number(document.querySelector('.chart')?.getAttribute('data-points')) > least, before);

    await page.locator('button', { hasText: 'Pause' }).click();
    await page.waitForSelector('.state.paused');
    await page.locator('button', { hasText: 'Resume' }).click();
    await page.waitForSelector('.state.running');
    await page.waitForSelector('.samples li');

    // The job's process dies; the page says so and what to press.
    await page.waitForTimeout(3000);
    const job = (await page.evaluate((id) => (window as unknown as { criaTest: (method: string, params: object) => Promise<{ pid: number }> }).criaTest('run.get', { run: id }), runId)).pid;
    process.kill(job, 'SIGKILL');
    await page.waitForSelector('.state.interrupted');
    expect(await page.locator('[role="alert"]').textContent()).toContain('goes on from its last checkpoint');
    await page.locator('button', { hasText: 'Resume' }).click();
    await page.waitForSelector('.state.running');
    const kept = await points();
    expect(kept).toBeGreaterThan(0);

    // The engine ends and another one starts: the page finds it by itself, and the run is where it was.
    const port = Number(new URL(host.url()).port);
    await host.stop();
    await page.waitForSelector('text=Engine lost');
    host = await serve(join(root, 'workspace'), port);
    await page.waitForSelector('.state.stopped');
    await page.locator('button', { hasText: 'Resume' }).click();
    await page.waitForSelector('.state.running');
    await page.waitForFunction((least) => Number(document.querySelector('.chart')?.getAttribute('data-points')) > least, kept);
    await page.locator('button', { hasText: 'Stop' }).click();
    await page.waitForSelector('.state.stopped');
  }, 300_000);

  it('keeps two windows alike', async () => {
    await go('/runs');
    const other = await context.newPage();
    watchPage(other);
    await other.goto(`${origin()}/#/runs`);
    for (const each of [page, other]) await each.waitForSelector('.line .name >> text=long');
    await page.keyboard.press('s');
    await other.waitForSelector('.line .star');
    await page.locator('button', { hasText: 'Undo' }).click();
    await other.waitForSelector('.line .star', { state: 'detached' });
    await other.close();
  });

  it('orders the queue by keys and by hand', async () => {
    const start = (name: string) => page.evaluate(({ configFile, workingFolder }) => (window as unknown as { criaTest: (method: string, params: object) => Promise<unknown> }).criaTest('run.start', { configFile, workingFolder, overrides: [], method: 'train' }), { configFile: writeConfig(root, name, '  max_steps: 2\n'), workingFolder: root });
    await go('/queue');
    await page.locator('button', { hasText: 'Hold the queue' }).click();
    await page.waitForSelector('text=On hold');
    for (const name of ['one', 'two', 'three']) await start(name);
    await page.waitForSelector('.run:nth-child(3)');
    const order = () => page.locator('ol .name').allTextContents();
    expect(await order()).toEqual(['one', 'two', 'three']);
    await page.locator('button[aria-label="three earlier"]').click();
    await expect.poll(order).toEqual(['one', 'three', 'two']);
    await page.locator('ol .run').nth(2).dragTo(page.locator('ol .run').nth(0));
    await expect.poll(order).toEqual(['two', 'one', 'three']);
    await page.locator('button', { hasText: 'Let it go on' }).click();
    await page.waitForSelector('text=Nothing runs and nothing waits', { timeout: 90_000 });
  });

  it('finds pages and runs by Ctrl+K, and lists the shortcuts', async () => {
    await page.keyboard.press('Control+k');
    await page.keyboard.type('settings');
    await page.keyboard.press('Enter');
    await page.waitForSelector('button:has-text("Check it")');
    await page.keyboard.press('?');
    await page.waitForSelector('[role="dialog"] >> text=Go to Compare');
    await page.keyboard.press('Escape');
    await page.keyboard.press('g');
    await page.keyboard.press('m');
    await page.waitForSelector('text=Import a model');
  });

  it('imports a corpus and shows what cleaning changed', async () => {
    writeFileSync(join(root, 'corpus', 'aochildes.train'), 'hello there .\nwhere is the lamb ?\n');
    await go('/corpora');
    await page.locator('button', { hasText: 'Import a corpus' }).click();
    await page.locator('[role="dialog"] input').first().fill(join(root, 'corpus'));
    await page.locator('[role="dialog"] button', { hasText: 'Import and clean' }).click();
    await page.waitForSelector('.report >> text=aochildes.train');
    await page.locator('.report button', { hasText: 'aochildes.train' }).click();
    await page.waitForSelector('.rules del');
  });
});
