/** The window in which a packaged app is set up, in a real Electron; its steps do as the test's file says (oldNode/setupMachinery.ts). */
import { appendFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { ElectronApplication, Page } from 'playwright';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { click, environmentOf, newRoot, see, start } from './support.ts';

describe('the window of set-up', () => {
  let root: string;
  let app: ElectronApplication;
  let page: Page;
  const then = (...lines: string[]) => appendFileSync(join(root, 'script'), `${lines.join('\n')}\n`);

  beforeEach(async () => {
    root = newRoot();
    writeFileSync(join(root, 'script'), '');
    const { CRIA_NODE, ...environment } = environmentOf(root);
    app = await start({ ...environment, CRIA_TEST_NODE: CRIA_NODE!, CRIA_TEST_SETUP: join(root, 'script') });
    page = await app.firstWindow();
  });
  afterEach(async () => {
    await app.close();
    rmSync(root, { recursive: true, force: true });
  });

  it('asks, shows each step, tells what failed and its fix, can be stopped and tried again, and ends in the app', async () => {
    await see(page, '.setup', 'about 340 MB');
    expect(page.url()).toBe('cria://app/setup.html');
    expect(await page.locator('li').allTextContents()).toEqual(['Node 24to do', 'TensorFlowto do']);

    await click(page, 'button', 'Set up');
    then('say downloading a Node', 'progress 30 100');
    await see(page, 'li.running', 'downloading a Node');
    await see(page, 'li.running [role="progressbar"][aria-valuenow="0.3"]');

    then('fail The network is down. | Check the cable.');
    await see(page, '[role="alert"]', 'The network is down.Check the cable.');
    await see(page, 'li.failed', 'Node 24');

    await click(page, 'button', 'Try again');
    then('done', 'say downloading TensorFlow');
    await see(page, 'li.done', 'Node 24');
    await see(page, 'li.running', 'TensorFlow');

    await click(page, 'button', 'Stop');
    await see(page, '[role="status"]', 'What was finished is kept.');
    expect(await page.locator('li').allTextContents()).toEqual(['Node 24done', 'TensorFlowto do']);

    const opened = app.waitForEvent('window');
    await click(page, 'button', 'Go on');
    then('done');
    page = await opened;
    await see(page, '.way', 'Run the demo');
    expect(await app.evaluate(({ BrowserWindow }) => BrowserWindow.getAllWindows().map((window) => window.webContents.getURL()))).toEqual([expect.stringMatching(/^cria:\/\/app\/index\.html/)]);
  });

  it('holds its own bridge and no other, and ends the app when it is left', async () => {
    await see(page, '.setup');
    expect(await page.evaluate(() => ['cria' in window, Object.keys((window as unknown as { criaSetup: object }).criaSetup).sort().join()])).toEqual([false, 'begin,onState,quit,stop']);
    const gone = new Promise((resolve) => app.process().once('exit', resolve));
    await click(page, 'button', 'Quit').catch(() => {}); // The page goes in the middle of the click.
    expect(await gone).toBe(0);
  });
});
