/** What tests in Electron share: the built shell on a workspace of its own, spoken to through the page's own bridge. */
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { _electron, type ElectronApplication, type Page } from 'playwright';
import type { EventName, EventOf, InputOf, Method, ResultOf } from '../../src/shared/contract.ts';
import type { ShellBridge } from '../../src/shared/shellBridge.ts';
import { OUT } from './build.ts';

type Said = { id?: number; event?: string; data?: unknown; result?: unknown; error?: { message: string } };
/** The page's global object, with what these tests keep there. */
type Globals = { cria: ShellBridge; said?: Said[]; commands?: string[]; nextTestId?: number };

const MAIN = join(OUT, 'main', 'index.cjs');

export interface Shell {
  app: ElectronApplication;
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

export async function launch(root: string = newRoot()): Promise<Shell> {
  const app = await _electron.launch({ executablePath: process.env.CRIA_TEST_ELECTRON!, args: ARGUMENTS, env: environmentOf(root) });
  if (process.env.CRIA_DEBUG) for (const stream of [app.process().stdout, app.process().stderr]) stream?.pipe(process.stderr);
  const page = await app.firstWindow();
  await page.waitForLoadState();
  await listen(page);
  await chooseFolder(app, page, root);
  return {
    app,
    page,
    root,
    ask: (method, params) => ask(page, method, params),
    events: async (event) => (await said(page)).filter((message) => message.event === event).map(({ data }) => data as never),
    commands: () => page.evaluate(() => (globalThis as unknown as Globals).commands || []),
    async close() {
      await stubDialog(app, 0);
      await app.close();
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

/** Answers every question of the shell's with one of its buttons, and keeps the questions. */
export async function stubDialog(app: ElectronApplication, button: number): Promise<void> {
  await app.evaluate(({ dialog }, response) => {
    const kept = globalThis as unknown as { asked?: unknown[] };
    kept.asked = [];
    dialog.showMessageBox = (...args: unknown[]) => {
      kept.asked!.push(args[args.length - 1]);
      return Promise.resolve({ response, checkboxChecked: false });
    };
  }, button);
}

export const asked = (app: ElectronApplication) => app.evaluate(() => ((globalThis as unknown as { asked?: { message: string; buttons: string[] }[] }).asked || []));
