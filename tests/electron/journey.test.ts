/** The renderer itself in Electron, from an empty workspace to a curve that moves. */
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { click, launch, see, startTraining, type Shell } from './support.ts';

describe('the window in Electron', () => {
  let shell: Shell;
  const complaints: string[] = [];
  const menu = (id: string) => shell.app.evaluate(({ Menu }, name) => void (Menu.getApplicationMenu()!.getMenuItemById(name)!.click as () => void)(), id);
  const hasPoints = (least: number) => shell.page.waitForFunction((count) => Number(document.querySelector('.chart')?.getAttribute('data-points')) > count, least);
  const points = () => shell.page.locator('.chart').first().getAttribute('data-points').then(Number);
  const picture = () => shell.page.evaluate(() => document.querySelector<HTMLCanvasElement>('.chart canvas')!.toDataURL());

  beforeAll(async () => {
    shell = await launch();
    shell.page.setDefaultTimeout(30_000);
    shell.page.on('pageerror', (error) => complaints.push(error.message));
    shell.page.on('console', (message) => message.type() === 'error' && complaints.push(message.text()));
  });
  afterAll(async () => {
    await shell.close();
    expect(complaints).toEqual([]);
  });

  it('begins with three ways into an empty workspace', async () => {
    await see(shell.page, '.way');
    expect(await shell.page.locator('.way h2').allTextContents()).toEqual(['Run the demo', 'Import a corpus', 'Import a model']);
  });

  it('shows a run that trains: its row, its state, its curve as it grows', async () => {
    const { page } = shell;
    await startTraining(shell, 'first', '  max_steps: 100000\n  eval_steps: 50\n  logging_steps: 2\n');
    await menu('go:/runs');
    await click(page, '.line .name a', 'first');
    await see(page, '.state.running');
    await hasPoints(3);
    const [before, seen] = [await points(), await picture()];
    await hasPoints(before);
    await page.waitForFunction((old) => document.querySelector<HTMLCanvasElement>('.chart canvas')!.toDataURL() !== old, seen);
    await see(page, '.now .running', 'first');
  });

  it('pauses it, lets it go on and stops it', async () => {
    const { page } = shell;
    for (const [button, state] of [['Pause', 'paused'], ['Resume', 'running'], ['Stop', 'stopped']] as const) {
      await click(page, 'button', button);
      await see(page, `.state.${state}`);
    }
    await see(page, '.now', 'Nothing runs');
  });

  it('trains another from that config, changed in the editor', async () => {
    const { page } = shell;
    await click(page, 'button', 'New run from this config');
    await see(page, 'button:not([disabled])', 'Start training');
    await click(page, '#field-training\\.max_steps');
    await page.keyboard.press('Control+a');
    await page.keyboard.type('6');
    await page.keyboard.press('Tab');
    await see(page, '.cm-content', 'max_steps: 6');
    await page.keyboard.press('Control+Enter');
    await see(page, '.state.done');
    await menu('go:/runs');
    await see(page, '.line .name', 'first-2');
  });
});
