/** Ending the app while a run trains: the shell asks, the run is saved at its step, and goes on from there at the next start. */
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { asked, exited, launch, newRoot, startTraining, stubDialog, until, type Shell } from './support.ts';

const LOGGED_EVERY = 2;

describe('ending the app while a run trains', () => {
  const root = newRoot();
  let shell: Shell;
  let runId: string;

  const run = () => shell.ask('run.get', { run: runId });
  const quit = () => shell.app.evaluate(({ app }) => app.quit());
  const closeWindow = () => shell.app.evaluate(({ BrowserWindow }) => BrowserWindow.getAllWindows()[0]!.close());
  /** What was asked since the questions were last stubbed, once it was. */
  const question = () => until(async () => (await asked(shell.app))[0]);
  /** Starts the app again, finds the run saved, and lets it go on. @param step the last one seen before the end */
  async function goOn(step: number): Promise<void> {
    shell = await launch(root);
    const saved = await run();
    expect(saved.state).toBe('stopped');
    expect(saved.error!.message).toMatch(/^Stopped after step \d+ of 100000, with a checkpoint\.$/);
    expect(saved.step!).toBeGreaterThanOrEqual(step);
    await shell.ask('run.resume', { run: runId });
    await until(async () => (await run()).step! > saved.step!);
    // Nothing was lost and nothing counted twice.
    const [series] = await shell.ask('run.metrics', { runId, names: ['train/loss'], maxPoints: 100_000 });
    expect(series!.steps).toEqual(series!.steps.map((_, i) => LOGGED_EVERY * (i + 1)));
  }

  beforeAll(async () => {
    shell = await launch(root);
    runId = await startTraining(shell, 'long', `  max_steps: 100000\n  eval_steps: 50\n  logging_steps: ${LOGGED_EVERY}\n`);
    await until(async () => ((await run()).step ?? 0) > 5);
  });
  afterAll(() => shell.close());

  it('asks, and goes on as if nothing had been when that is cancelled', async () => {
    await stubDialog(shell.app, 1);
    for (const end of [quit, closeWindow]) {
      await end();
      expect(await question()).toMatchObject({ message: 'A run is under way.', buttons: ['Save and quit', 'Cancel'] });
      await stubDialog(shell.app, 1);
      const { step } = await run();
      await until(async () => (await run()).step! > step!);
      expect((await run()).state).toBe('running');
    }
  });

  it('saves the run and ends when the menu\'s quit is confirmed', async () => {
    await stubDialog(shell.app, 0);
    const { step } = await run();
    await quit();
    expect(await exited(shell)).toEqual({ code: 0, signal: null });
    await goOn(step!);
  });

  it('does the same when the last window is closed', async () => {
    await stubDialog(shell.app, 0);
    const { step } = await run();
    await closeWindow();
    expect(await exited(shell)).toEqual({ code: 0, signal: null });
    await goOn(step!);
  });

  it('saves without a question when the system wants it gone', async () => {
    await stubDialog(shell.app, 1);
    const { step } = await run();
    shell.process.kill('SIGTERM');
    expect(await exited(shell)).toEqual({ code: 0, signal: null });
    await goOn(step!);
  });

  it('ends at once when nothing runs', async () => {
    await shell.ask('run.stop', { runId });
    await until(async () => (await run()).state === 'stopped');
    await stubDialog(shell.app, 1);
    await quit();
    expect(await exited(shell)).toEqual({ code: 0, signal: null });
  });
});
