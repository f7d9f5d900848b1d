/** The shell in a real Electron: the window, its way to the engine, its menu, and what no page may do. */
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { ARGUMENTS, environmentOf, launch, until, type Shell } from './support.ts';

describe('the window', () => {
  let shell: Shell;
  beforeAll(async () => {
    shell = await launch();
  });
  afterAll(() => shell.close());

  it('opens and shows the page', async () => {
    expect(shell.page.url()).toMatch(/^cria:\/\/app\/index\.html/);
    await until(async () => /Cria/.test(await shell.page.title()));
    expect((await shell.page.textContent('body'))!.trim()).not.toBe('');
    const visible = () => shell.app.evaluate(({ BrowserWindow }) => BrowserWindow.getAllWindows().map((window) => window.isVisible()));
    await until(async () => (await visible()).join() === 'true');
  });

  it('reaches the engine, a process of its own', async () => {
    const info = await shell.ask('engine.info', {});
    expect(info.workspace).toBe(`${shell.root}/workspace`);
    expect(info.pid).not.toBe(shell.app.process().pid);
    await expect(shell.ask('run.get', { run: 'nobody' })).rejects.toThrow('nobody');
  });

  it('shows a run as it goes', async () => {
    const { runId } = await shell.ask('demo.makeCorpus', { output: `${shell.root}/corpus`, seed: 1, words: 20_000 });
    await until(async () => (await shell.events('run.changed')).some((run) => run.id === runId && run.state === 'done'));
    const states = (await shell.events('run.changed')).filter((run) => run.id === runId).map(({ state }) => state);
    expect(states).toContain('running');
    expect((await shell.events('run.progressed')).filter((event) => event.runId === runId).length).toBeGreaterThan(0);
  });

  it('gets the menu\'s commands', async () => {
    for (const id of ['go:/new', 'search', 'shortcuts']) {
      await shell.app.evaluate(({ Menu }, name) => void (Menu.getApplicationMenu()!.getMenuItemById(name)!.click as () => void)(), id);
    }
    await until(async () => (await shell.commands()).length === 3);
    expect(await shell.commands()).toEqual(['go:/new', 'search', 'shortcuts']);
  });

  it('shows its progress in the taskbar and asks for folders', async () => {
    const folder = await shell.app.evaluate(({ dialog, BrowserWindow }) => {
      const kept = globalThis as unknown as { fractions: number[] };
      kept.fractions = [];
      BrowserWindow.getAllWindows()[0]!.setProgressBar = (fraction) => void kept.fractions.push(fraction);
      dialog.showOpenDialog = (() => Promise.resolve({ canceled: false, filePaths: ['/somewhere'] })) as never;
      return null;
    });
    expect(folder).toBeNull();
    const chosen = await shell.page.evaluate(() => {
      const { cria } = globalThis as unknown as { cria: { chooseFolder(title: string): Promise<string | null>; setProgress(fraction: number | null): void } };
      cria.setProgress(0.5);
      cria.setProgress(7);
      cria.setProgress('all' as never);
      cria.setProgress(null);
      return cria.chooseFolder('Where?');
    });
    expect(chosen).toBe('/somewhere');
    expect(await shell.app.evaluate(() => (globalThis as unknown as { fractions: number[] }).fractions)).toEqual([0.5, 1, -1]);
  });

  it('is brought to the front by a second start, which ends itself', async () => {
    await shell.app.evaluate(({ BrowserWindow }) => BrowserWindow.getAllWindows()[0]!.minimize());
    const second = spawn(process.env.CRIA_TEST_ELECTRON!, ARGUMENTS, { env: environmentOf(shell.root), stdio: 'ignore' });
    expect(await once(second, 'exit')).toEqual([0, null]);
    const windows = () => shell.app.evaluate(({ BrowserWindow }) => BrowserWindow.getAllWindows().map((window) => [window.isMinimized(), window.isVisible()]));
    await until(async () => JSON.stringify(await windows()) === '[[false,true]]');
  });

  it('has another beside it when asked, with a connection of its own', async () => {
    const opened = shell.app.waitForEvent('window');
    await shell.app.evaluate(({ Menu }) => void (Menu.getApplicationMenu()!.getMenuItemById('new-window')!.click as () => void)());
    const page = await opened;
    await page.waitForLoadState();
    expect(page.url()).toMatch(/^cria:\/\/app\/index\.html/);
    await shell.app.evaluate(({ BrowserWindow }) => BrowserWindow.getAllWindows().sort((a, b) => b.id - a.id)[0]!.close());
    await until(async () => (await shell.app.evaluate(({ BrowserWindow }) => BrowserWindow.getAllWindows().length)) === 1);
    // The first window's is untouched by that.
    expect((await shell.ask('engine.info', {})).workspace).toBe(`${shell.root}/workspace`);
  });
});
