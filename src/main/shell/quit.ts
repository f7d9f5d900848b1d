/** Quitting: asks when that ends a run, lets the engine save, and only then goes. */
import { app, BrowserWindow, dialog, powerMonitor, type MessageBoxOptions } from 'electron';
import { setTimeout as sleep } from 'node:timers/promises';
import type { EngineKeeper } from './engineKeeper.ts';
import type { EngineWatch, QueueState } from './engineWatch.ts';
import type { Windows } from './windows.ts';

/** Saving takes seconds; who is still at it after this long is asked about. */
const PATIENCE_MS = 60_000;

export function setUpQuit(windows: Windows, keeper: EngineKeeper, watch: EngineWatch): void {
  let stage: 'open' | 'asking' | 'saving' | 'over' = 'open';

  async function quit(asks: boolean): Promise<void> {
    if (stage !== 'open') return;
    stage = 'asking';
    if (asks && !((await windows.unsaved.mayEnd(windows.current())) && (await mayEndRuns(windows, keeper, watch)))) {
      stage = 'open';
      return;
    }
    stage = 'saving';
    windows.unsaved.settle();
    watch.close();
    for (const window of BrowserWindow.getAllWindows()) window.setProgressBar(2); // Above 1: busy for a time nobody knows.
    await save(windows, keeper);
    stage = 'over';
    app.quit();
  }

  app.on('before-quit', (event) => {
    if (stage === 'over') return;
    event.preventDefault();
    void quit(true);
  });
  // The last window stays until it is known whether the app goes; on a Mac the app outlives its windows.
  windows.mayClose = () => {
    if (stage === 'over' || process.platform === 'darwin' || BrowserWindow.getAllWindows().length > 1) return true;
    void quit(true);
    return false;
  };
  app.on('window-all-closed', () => {
    if (process.platform !== 'darwin') app.quit();
  });
  void app.whenReady().then(() => {
    // A terminal's Ctrl-C, and a system that goes down, leave no time for questions. Not before the app is ready: Chromium sets handlers
    // of its own until then, which would quit as the menu does, with a question.
    for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) process.on(signal, () => void quit(false));
    (powerMonitor as NodeJS.EventEmitter).on('shutdown', (event?: { preventDefault(): void }) => {
      event?.preventDefault();
      void quit(false);
    });
  });
}

/** Another terminal's engine, and what it runs, goes on without this window. */
async function mayEndRuns(windows: Windows, keeper: EngineKeeper, watch: EngineWatch): Promise<boolean> {
  if (keeper.pid === null) return true;
  const state = await watch.look();
  if (state.running.length === 0) return true;
  return (await ask(windows, quitQuestion(state))) === 0;
}

async function save(windows: Windows, keeper: EngineKeeper): Promise<void> {
  const saved = keeper.close().then(() => true);
  while (!(await Promise.race([saved, sleep(PATIENCE_MS, false)]))) {
    const choice = await Promise.race([saved, ask(windows, STILL_SAVING)]);
    if (choice === 1) keeper.kill();
  }
}

async function ask(windows: Windows, question: MessageBoxOptions): Promise<number> {
  const window = windows.current();
  const { response } = await (window ? dialog.showMessageBox(window, question) : dialog.showMessageBox(question));
  return response;
}

function quitQuestion({ running, waiting }: QueueState): MessageBoxOptions {
  const runs = running.length === 1 ? 'A run is' : `${running.length} runs are`;
  const later = waiting.length === 0 ? '' : ` ${waiting.length === 1 ? 'One more waits' : `${waiting.length} more wait`} and will start when Cria does.`;
  return {
    type: 'question',
    title: 'Quit Cria?',
    message: `${runs} under way.`,
    detail: `Training is saved at its present step and can be resumed; other work starts over.${later}`,
    buttons: ['Save and quit', 'Cancel'],
    defaultId: 0,
    cancelId: 1,
    noLink: true,
  };
}

const STILL_SAVING: MessageBoxOptions = {
  type: 'warning',
  title: 'Still saving',
  message: 'Cria is still saving what runs.',
  detail: 'Ending it now loses what came after the last checkpoint, nothing else.',
  buttons: ['Wait', 'End now'],
  defaultId: 0,
  cancelId: 0,
  noLink: true,
};
