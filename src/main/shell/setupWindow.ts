/**
 * A Node for the engine. `npm start` names the one it runs on; a packaged app has none and prepares it, and TensorFlow, in a window of its
 * own at its first start.
 */
import { app, BrowserWindow, ipcMain } from 'electron';
import { join } from 'node:path';
import { FROM_SETUP, TO_SETUP } from '../../shared/setupBridge.ts';
import { SETUP_PAGE } from './appFiles.ts';
import { SetupFlow, type SetupMachinery } from './setupFlow.ts';
import { loadMachinery } from './setupMachinery.ts';

const SIZE = { width: 620, height: 520 };

export interface PreparedNode {
  path: string;
  /** Closes the window of set-up, where there was one. After the app's own window is open: an app without windows ends. */
  dismiss(): void;
}

/**
 * @param options root: folder with scripts/setup; preload: path of setup.cjs
 * @returns null when the user closed the window instead
 */
export async function prepareNode({ root, preload }: { root: string; preload: string }): Promise<PreparedNode | null> {
  const named = process.env.CRIA_NODE;
  if (named) return { path: named, dismiss: () => {} };
  const machinery = await loadMachinery(join(root, 'scripts', 'setup', 'app.mjs'));
  if (machinery.isPrepared()) return { path: machinery.nodePath(), dismiss: () => {} };
  const window = await runInWindow(machinery, preload);
  return window && { path: machinery.nodePath(), dismiss: () => window.destroy() };
}

/** Settles with the window when all is done, with null when it was closed before. */
function runInWindow(machinery: SetupMachinery, preload: string): Promise<BrowserWindow | null> {
  const window = new BrowserWindow({
    ...SIZE,
    title: 'Set up Cria',
    show: false,
    webPreferences: { preload, contextIsolation: true, sandbox: true, nodeIntegration: false, webviewTag: false, webSecurity: true, spellcheck: false },
  });
  const page = window.webContents;
  return new Promise((resolve) => {
    const flow = new SetupFlow(machinery, (state) => {
      if (window.isDestroyed()) return;
      page.send(TO_SETUP.state, state);
      window.setProgressBar(state.stage === 'running' ? state.steps.filter((step) => step.state === 'done').length / state.steps.length : -1);
      if (state.stage === 'done') settle(window);
    });
    const acts = {
      [FROM_SETUP.ready]: () => page.send(TO_SETUP.state, flow.state),
      [FROM_SETUP.begin]: () => void flow.begin(),
      [FROM_SETUP.stop]: () => flow.stop(),
      [FROM_SETUP.quit]: () => window.close(),
    };
    const settle = (result: BrowserWindow | null) => {
      for (const channel of Object.keys(acts)) ipcMain.removeAllListeners(channel);
      resolve(result);
    };
    for (const [channel, act] of Object.entries(acts)) {
      ipcMain.on(channel, (event) => {
        if (event.sender === page) act();
      });
    }
    window.once('closed', () => {
      flow.stop();
      settle(null);
    });
    window.once('ready-to-show', () => window.show());
    app.once('second-instance', () => !window.isDestroyed() && window.focus());
    void window.loadURL(SETUP_PAGE);
  });
}
