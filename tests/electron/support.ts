/** What tests in Electron share: the built shell on a workspace of its own, spoken to through the page's own bridge. */
import type { ChildProcess } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { _electron, type ElectronApplication, type Page } from 'playwright';
import type { EventName, EventOf, InputOf, Method, ResultOf } from '../../src/shared/contract.ts';
import type { ShellBridge } from '../../src/shared/shellBridge.ts';
import { writeConfig, writeCorpus } from '../e2e/support.ts';
import { OUT } from './build.ts';

type Said = { id?: number; event?: string; data?: unknown; result?: unknown; error?: { message: string } };
/** The page's global object, with what these tests keep there. */
type Globals = { cria: ShellBridge; said?: Said[]; commands?: string[]; nextTestId?: number };

const MAIN = join(OUT, 'main', 'index.cjs');

export interface Shell {
  app: ElectronApplication;
  /** The app's process; unlike `app`, it can be asked after its end. */
  process: ChildProcess;
  page: Page;
  root: string;
  /** Asks the engine through the page. Waits for as long as the page has no connection. */
  ask<M extends Method>(method: M, params: InputOf<M>): Promise<ResultOf<M>>;
  /** Events that the page has been sent, oldest first. */
  events<E extends EventName>(event: E): Promise<EventOf<E>[]>;
  /** Menu commands that the page has been sent. */
  commands(): Promise<string[]>;
  close(): Promise<void>;
}

export function environmentOf(root: string): Record<string, string> {
  const inherited = Object.entries(process.env).filter((entry): entry is [string, string] => entry[1] !== undefined);
  return {
    ...Object.fromEntries(inherited),
    CRIA_NODE: process.execPath,
    CRIA_WORKSPACE: join(root, 'workspace'),
    XDG_CONFIG_HOME: join(root, 'config'),
  };
}

/** Chromium refuses its sandbox to the superuser, which CI often is. */
export const ARGUMENTS = [...(process.getuid?.() === 0 ? ['--no-sandbox'] : []), MAIN];

export function newRoot(): string {
  return mkdtempSync(join(tmpdir(), 'cria-window-'));
}

export async function start(environment: Record<string, string>): Promise<ElectronApplication> {
  const app = await _electron.launch({ executablePath: process.env.CRIA_TEST_ELECTRON!, args: ARGUMENTS, env: environment });
  if (process.env.CRIA_DEBUG) for (const stream of [app.process().stdout, app.process().stderr]) stream?.pipe(process.stderr);
  return app;
}

export async function launch(root: string = newRoot()): Promise<Shell> {
  const app = await start(environmentOf(root));
  const child = app.process();
  const page = await app.firstWindow();
  await page.waitForLoadState();
  await listen(page);
  await chooseFolder(app, page, root);
  return {
    app,
    process: child,
    page,
    root,
    ask: (method, params) => ask(page, method, params),
    events: async (event) => (await said(page)).filter((message) => message.event === event).map(({ data }) => data as never),
    commands: () => page.evaluate(() => (globalThis as unknown as Globals).commands || []),
    async close() {
      if (child.exitCode === null) {
        await stubDialog(app, 0);
        await app.close();
      }
      rmSync(root, { recursive: true, force: true });
    },
  };
}

/** Has the user choose a folder in the system's dialog: what lies outside the workspace is for a page only then. */
export async function chooseFolder(app: ElectronApplication, page: Page, folder: string): Promise<void> {
  await app.evaluate(({ dialog }, path) => {
    dialog.showOpenDialog = (() => Promise.resolve({ canceled: false, filePaths: [path] })) as never;
  }, folder);
  await page.evaluate(() => (globalThis as unknown as Globals).cria.chooseFolder('Folder'));
}

/** Keeps what comes over the bridge, beside the page's own listeners. */
export async function listen(page: Page): Promise<void> {
  await page.evaluate(() => {
    const globals = globalThis as unknown as Globals;
    globals.said = [];
    globals.commands = [];
    globals.nextTestId = 1_000_000;
    globals.cria.onMessage((text) => globals.said!.push(JSON.parse(text) as Said));
    globals.cria.onCommand((command) => globals.commands!.push(command));
  });
}

const said = (page: Page) => page.evaluate(() => (globalThis as unknown as Globals).said || []);

async function ask<M extends Method>(page: Page, method: M, params: InputOf<M>): Promise<ResultOf<M>> {
  for (;;) {
    const id = await page.evaluate(
      ([name, value]) => {
        const globals = globalThis as unknown as Globals;
        const next = globals.nextTestId!++;
        globals.cria.send(JSON.stringify({ id: next, method: name, params: value }));
        return next;
      },
      [method, params] as const,
    );
    const answer = await until(async () => (await said(page)).find((message) => message.id === id), 5000).catch(() => null);
    if (answer?.error) throw new Error(answer.error.message);
    if (answer) return answer.result as ResultOf<M>;
    // It went down with a connection; the page will have another.
  }
}

/** Waits until something is there. @throws Error when it does not come */
export async function until<T>(look: () => Promise<T | null | undefined | false> | T | null | undefined | false, limitMs = 60_000): Promise<T> {
  for (const start = Date.now(); Date.now() - start < limitMs; ) {
    const value = await look();
    if (value) return value;
    await new Promise((resolve) => setTimeout(resolve, 50));
  }
  throw new Error('What was waited for did not come.');
}

/**
 * Waits until the page shows an element with that text. Playwright's own waiting and clicking ask Chromium for what this old one lacks.
 * @returns its middle
 */
export async function see(page: Page, selector: string, text = ''): Promise<{ x: number; y: number }> {
  const found = await page.waitForFunction(
    ([wanted, words]) => {
      const element = [...document.querySelectorAll(wanted)].find((each) => each.textContent.includes(words));
      element?.scrollIntoView({ block: 'nearest' });
      const box = element?.getBoundingClientRect();
      return box && box.width > 0 && box.height > 0 ? { x: box.x + box.width / 2, y: box.y + box.height / 2 } : null;
    },
    [selector, text] as const,
  );
  return (await found.jsonValue())!;
}

/** Clicks on an element with that text, with the mouse, once it is shown. */
export async function click(page: Page, selector: string, text = ''): Promise<void> {
  const { x, y } = await see(page, selector, text);
  await page.mouse.click(x, y);
}

/** Trains a small model on sentences of our own, in the workspace's folder. @returns the run's id, once it is under way */
export async function startTraining(shell: Shell, name: string, training: string): Promise<string> {
  const { root } = shell;
  writeCorpus(join(root, 'corpus'));
  const tokenizer = await shell.ask('tokenizer.train', { inputs: [join(root, 'corpus')], output: join(root, 'tokenizer.json'), vocabSize: 300 });
  await until(async () => (await shell.ask('run.get', { run: tokenizer.runId })).state === 'done');
  const { runId } = await shell.ask('run.start', { configFile: writeConfig(root, name, training), workingFolder: root, overrides: [], method: 'train' });
  await until(async () => (await shell.ask('run.get', { run: runId })).state === 'running');
  return runId;
}

/** How the app's process ended, once it has. */
export function exited({ process: child }: Shell): Promise<{ code: number | null; signal: string | null }> {
  return until(() => (child.exitCode !== null || child.signalCode !== null) && { code: child.exitCode, signal: child.signalCode });
}

/** Answers every question of the shell's with one of its buttons, and keeps the questions. */
export async function stubDialog(app: ElectronApplication, button: number): Promise<void> {
  await app.evaluate(({ dialog }, response) => {
    const kept = globalThis as unknown as { asked?: unknown[] };
    kept.asked = [];
    dialog.showMessageBox = (...args: unknown[]) => {
      kept.asked!.push(args[args.length - 1]);
      return Promise.resolve({ response, checkboxChecked: false });
    };
    dialog.showMessageBoxSync = (...args: unknown[]) => {
      kept.asked!.push(args[args.length - 1]);
      return response;
    };
  }, button);
}

export const asked = (app: ElectronApplication) => app.evaluate(() => ((globalThis as unknown as { asked?: { message: string; buttons: string[] }[] }).asked || []));
