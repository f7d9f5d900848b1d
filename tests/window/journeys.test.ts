/** The window as it is used: a browser over the host, through whole journeys. */
import { cpSync, existsSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
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

  it('makes a suite of a dropped file, scores it by either protocol, and tells lengths apart', async () => {
    const pairs = ['the lamb sleeps .', 'the lambs sleep .', 'a small dog runs to the lamb .'].map((good) => JSON.stringify({ sentence_good: good, sentence_bad: `${good} the`, linguistics_term: 'word_order', field: 'syntax' }));
    await go('/evaluate');
    const input = page.locator('input[type="file"]');
    await input.setInputFiles({ name: 'broken.jsonl', mimeType: 'application/json', buffer: Buffer.from('{"sentence_good": "a"}\n') });
    await page.waitForSelector('text=lacks "sentence_bad"');
    await input.setInputFiles({ name: 'word-order.jsonl', mimeType: 'application/json', buffer: Buffer.from(`${pairs.join('\n')}\n`) });
    await page.locator('label', { hasText: 'word-order' }).locator('input:checked').waitFor();
    expect(existsSync(join(root, 'workspace', 'data', 'word-order.jsonl'))).toBe(true);
    // Two-fold: the demo's suite off, the own one on; once by each protocol.
    await page.locator('label', { hasText: 'The demo' }).locator('input').uncheck();
    for (const model of ['demo-teacher-gpt2', 'demo-student']) await page.locator('label', { hasText: new RegExp(`${model}(?!-)`) }).first().locator('input').check();
    for (const protocol of ['babylm-2024', 'babylm-2025']) {
      await page.locator('label', { hasText: 'Protocol' }).locator('select').selectOption(protocol);
      await page.locator('button', { hasText: 'Evaluate on word-order' }).click();
      await page.waitForFunction((name) => [...document.querySelectorAll('select option')].some((option) => option.textContent.startsWith('pairs:word-order') && option.textContent.includes(name)), protocol);
    }
    const group = page.locator('select.group');
    const labels = await group.locator('option').allTextContents();
    expect(labels.filter((label) => label.startsWith('pairs:word-order'))).toEqual([expect.stringMatching(/babylm-2024.*after <s>, no prefix space$/), expect.stringMatching(/babylm-2025.*no start token, no prefix space$/)]);
    await group.selectOption(labels.find((label) => label.startsWith('pairs:word-order') && label.includes('2025'))!);
    await page.locator('label', { hasText: /^by/ }).locator('select').selectOption('length');
    await page.waitForFunction(() => [...document.querySelectorAll('.heat tbody th')].some((head) => /4 words \(2\)/.test(head.textContent)));
    expect(await page.locator('.heat tbody td').first().getAttribute('title')).toMatch(/95 % interval/);
    // Protocols stand in tables of their own wherever scores are.
    await go('/models');
    await page.waitForSelector('table.grid tbody tr');
    expect((await page.locator('table.grid thead th').allTextContents()).filter((head) => head.startsWith('pairs:word-order'))).toHaveLength(2);
    await page.evaluate(() => localStorage.removeItem('cria.evaluate.protocol'));
  });

  it('reads EWoK from the folder where it lies, filtered to a vocabulary', async () => {
    const folder = join(root, 'gated');
    mkdirSync(folder);
    const row = { Domain: 'social-relations', ConceptA: 'a', ConceptB: 'b', TargetDiff: 'swap', ContextDiff: 'swap', ContextType: 'direct', Context1: 'The lamb sees the dog.', Context2: 'The dog sees the lamb.', Target1: 'The dog runs.', Target2: 'The lamb runs.' };
    writeFileSync(join(folder, 'test.jsonl'), `${JSON.stringify(row)}\n${JSON.stringify({ ...row, Target1: 'The yak absconds.' })}\n`);
    writeFileSync(join(root, 'words.txt'), 'the\nlamb\nsees\ndog\nruns\n.\n');
    await go('/evaluate');
    await page.locator('label', { hasText: 'EWoK, filtered' }).locator('input').check();
    await page.locator('label', { hasText: 'The demo' }).locator('input').uncheck();
    await page.locator('label', { hasText: 'word-order' }).locator('input').uncheck();
    await page.locator('label', { hasText: 'Folder of EWoK' }).locator('input').fill(folder);
    await page.waitForSelector('text=raw release');
    await page.locator('label', { hasText: 'Vocabulary that' }).locator('input').fill(join(root, 'words.txt'));
    for (const model of ['demo-teacher-gpt2', 'demo-student']) await page.locator('label', { hasText: new RegExp(`${model}(?!-)`) }).first().locator('input').check();
    await page.locator('button', { hasText: 'Evaluate on EWoK' }).click();
    await page.waitForFunction(() => [...document.querySelectorAll('select.group option')].some((option) => option.textContent.startsWith('ewok')));
    // The text is shown where it is asked for, and is not for passing on.
    await go('/runs');
    const runs = (await page.evaluate(() => (window as unknown as { criaTest: (method: string, params: object) => Promise<{ rows: { id: string; name: string }[] }> }).criaTest('run.list', { kinds: ['train'] }))).rows;
    const ids = ['demo-teacher-gpt2', 'demo-student'].map((name) => runs.find((run) => run.name === name)!.id);
    await go(`/compare?runs=${ids.join(',')}`);
    await page.locator('.suite', { hasText: 'ewok' }).waitFor();
    const table = page.locator('tbody', { has: page.locator('.suite', { hasText: 'ewok' }) });
    await table.locator('.phenomenon .fold').click();
    await table.locator('.paradigm .fold', { hasText: 'social-relations' }).click();
    await page.locator('.pairs button', { hasText: 'Only disagreements' }).click();
    await page.waitForSelector('.pairs >> text=The lamb sees the dog.');
    await page.waitForSelector('.pairs >> text=Gated items');
    expect(await page.locator('.pairs .pair').count()).toBe(2);
  });

  it('scores the checkpoints of a run, draws its learning curve, and says what a submission lacks', async () => {
    cpSync(join(root, 'workspace', 'tokenizers', 'demo.json'), join(root, 'tokenizer.json'));
    writeCorpus(join(root, 'corpus'));
    const configFile = writeConfig(root, 'curve', '  max_steps: 30\n  eval_steps: 10\n  keep_checkpoints: true\n');
    await page.evaluate((params) => (window as unknown as { criaTest: (method: string, params: object) => Promise<unknown> }).criaTest('run.start', { ...params, overrides: [], method: 'train' }), { configFile, workingFolder: root });
    await go('/evaluate?models=curve');
    await page.locator('label', { hasText: /^curve/ }).locator('input:checked').waitFor({ timeout: 90_000 });
    await page.locator('label', { hasText: 'EWoK, filtered' }).locator('input').uncheck();
    await page.locator('label', { hasText: 'word-order' }).locator('input').check();
    await page.locator('label', { hasText: 'The demo' }).locator('input').uncheck();
    await page.locator('label', { hasText: 'checkpoints that runs have kept' }).locator('input').check();
    await page.locator('button', { hasText: 'Evaluate on word-order' }).click();
    await page.waitForSelector('.job');
    await page.waitForSelector('.job', { state: 'detached' });
    await go('/models/curve');
    await page.waitForSelector('h2:has-text("Learning curve")');
    expect(await page.locator('.points tbody tr').count()).toBe(3);
    expect(await page.locator('.points tbody th').allTextContents()).toEqual(['step 10', 'step 20', 'step 30']);
    const submission = page.locator('section', { has: page.locator('h2', { hasText: 'Submission' }) });
    expect(await submission.locator('tbody tr').count()).toBe(4);
    expect(await submission.textContent()).toContain('not scored by babylm-2024 yet');
    expect(await submission.locator('button', { hasText: 'Export the submission' }).isDisabled()).toBe(true);
    await submission.locator('select').first().selectOption('babylm-2025');
    await page.waitForSelector('text=entity tracking');
    await go('/evaluate');
    await page.waitForSelector('h2:has-text("Leaderboard")');
    expect(await page.locator('section', { has: page.locator('h2', { hasText: 'Leaderboard' }) }).locator('tbody tr').count()).toBe(4);
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
    expect(await page.locator('.error[role="alert"]:not(.notice)').textContent()).toContain('goes on from its last checkpoint');
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
