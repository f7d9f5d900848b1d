/** Text that is not saved, and an app that is closed over it. */
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { asked, click, exited, launch, see, stubDialog, until, type Shell } from './support.ts';

const QUESTION = { message: 'A config has changes that are not saved.', buttons: ['Discard the changes', 'Cancel'] };

describe('a config with changes that are not saved', () => {
  let shell: Shell;
  beforeEach(async () => {
    shell = await launch();
    await shell.app.evaluate(({ Menu }) => void (Menu.getApplicationMenu()!.getMenuItemById('go:/new')!.click as () => void)());
    await see(shell.page, '.cm-content', 'model:');
    await click(shell.page, '.cm-content');
    await shell.page.keyboard.type('# mine');
    await see(shell.page, '.cm-content', '# mine');
  });
  afterEach(() => shell.close());

  const closeWindow = () => shell.app.evaluate(({ BrowserWindow }) => BrowserWindow.getAllWindows()[0]!.close());

  // A second window's end and a reload ask through `beforeunload`, whose dialog Playwright takes for itself.
  it('is asked about when the last window is closed, and stays when that is cancelled', async () => {
    await stubDialog(shell.app, 1);
    await closeWindow();
    await until(async () => (await asked(shell.app)).length === 1);
    expect(await asked(shell.app)).toEqual([expect.objectContaining(QUESTION)]);
    await see(shell.page, '.cm-content', '# mine');
    expect((await shell.ask('engine.info', {})).workspace).toBe(`${shell.root}/workspace`);
  });

  it('is asked about once, and goes with the app when that is what the user wants', async () => {
    await stubDialog(shell.app, 0);
    await closeWindow();
    expect(await exited(shell)).toEqual({ code: 0, signal: null });
  });

  it('is no question any more once it is saved', async () => {
    await shell.page.keyboard.press('Control+s');
    await click(shell.page, '[role="dialog"] button', 'Save');
    await until(async () => (await shell.ask('config.list', {})).some(({ path }) => path.startsWith(`${shell.root}/workspace/configs/`)));
    await stubDialog(shell.app, 1);
    await closeWindow();
    expect(await exited(shell)).toEqual({ code: 0, signal: null });
  });
});
