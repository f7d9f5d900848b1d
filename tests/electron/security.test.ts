/** What no page may do, tried from inside the page that an attacker would have: exploits as tests, in a real Electron. */
import { spawn } from 'node:child_process';
import { rmSync } from 'node:fs';
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { join } from 'node:path';
import { text } from 'node:stream/consumers';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import type { ShellBridge } from '../../src/shared/shellBridge.ts';
import { ARGUMENTS, environmentOf, launch, newRoot, see, until, type Shell } from './support.ts';

/** The page's global object with what these tests leave there. */
type Globals = Window & { cria: ShellBridge; found?: unknown; losses?: number };

describe('a page', () => {
  let shell: Shell;
  let server: Server;
  /** Another origin, which counts who comes to it. */
  let elsewhere: string;
  const visits: string[] = [];

  const page = () => shell.page;
  const windowCount = () => shell.app.evaluate(({ BrowserWindow }) => BrowserWindow.getAllWindows().length);
  /**
   * Runs an expression in the page on its own account: what the debugger runs itself is exempt from the content security policy.
   * @returns what it came to, or the name of what it threw
   */
  async function tryInPage(expression: string): Promise<unknown> {
    await page().evaluate((source) => {
      const globals = window as unknown as Globals;
      delete globals.found;
      // A listener that the page itself calls, made while the debugger's exemption holds.
      const attempt = eval(`(async () => (${source}))`) as () => Promise<unknown>;
      setTimeout(() => void attempt().then((value) => (globals.found = { value }), (error: Error) => (globals.found = { value: error.name })));
    }, expression);
    return (await until(() => page().evaluate(() => (window as unknown as Globals).found as { value: unknown } | undefined))).value;
  }

  beforeAll(async () => {
    server = createServer((request, response) => {
      visits.push(request.url!);
      response.writeHead(200, { 'content-type': 'text/html', 'access-control-allow-origin': '*' }).end('<title>elsewhere</title>');
    });
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    elsewhere = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
    shell = await launch();
  });
  afterAll(async () => {
    await shell.close();
    server.close();
  });
  beforeEach(() => {
    visits.length = 0;
  });

  it('cannot leave the app', async () => {
    for (const leave of [`location.href = '${elsewhere}/href'`, `location.replace('${elsewhere}/replace')`, `document.body.appendChild(Object.assign(document.createElement('a'), { href: '${elsewhere}/link' })).click()`, "location.href = 'file:///etc/passwd'"]) {
      await tryInPage(`void (${leave})`);
    }
    // A refused navigation leaves no trace to wait for; the page that is still there answers.
    expect(await tryInPage('location.href')).toMatch(/^cria:\/\/app\/index\.html/);
    expect((await shell.ask('engine.info', {})).workspace).toBe(`${shell.root}/workspace`);
    expect(visits).toEqual([]);
  });

  it('cannot open windows', async () => {
    const root = newRoot();
    const child = spawn(process.env.CRIA_TEST_ELECTRON!, ['-r', join(import.meta.dirname, 'opener.cjs'), ...ARGUMENTS], { env: { ...environmentOf(root), CRIA_TEST_ELSEWHERE: elsewhere }, stdio: ['ignore', 'pipe', 'ignore'] });
    const said = await text(child.stdout);
    rmSync(root, { recursive: true, force: true });
    expect(JSON.parse(said)).toEqual({ windows: 1, pages: 1 });
    expect(visits).toEqual([]);
  });

  it('cannot show frames or web views of others', async () => {
    await tryInPage(`void document.body.appendChild(Object.assign(document.createElement('iframe'), { src: '${elsewhere}/frame' }))`);
    await tryInPage(`void document.body.appendChild(Object.assign(document.createElement('webview'), { src: '${elsewhere}/webview' }))`);
    expect(await windowCount()).toBe(1);
    expect(await shell.app.evaluate(({ webContents }) => webContents.getAllWebContents().length)).toBe(1);
    expect(visits).toEqual([]);
  });

  it('is given no permission', async () => {
    expect(await tryInPage('Notification.requestPermission()')).toBe('denied');
    expect(await tryInPage('new Promise((resolve) => navigator.geolocation.getCurrentPosition(() => resolve("found"), ({ code, PERMISSION_DENIED }) => resolve(code === PERMISSION_DENIED)))')).toBe(true);
    expect(await tryInPage('navigator.requestMIDIAccess({ sysex: true })')).toMatch(/SecurityError|NotAllowedError/);
    expect(await tryInPage('navigator.mediaDevices.getUserMedia({ audio: true })')).toMatch(/NotAllowedError|NotFoundError/);
    expect(await tryInPage('navigator.clipboard.readText()')).toBe('NotAllowedError');
  });

  it('runs no code but the app\'s own, and reaches no other origin', async () => {
    expect(await tryInPage('eval("1 + 1")')).toBe('EvalError');
    expect(await tryInPage('new Function("return 2")()')).toBe('EvalError');
    await tryInPage('void document.body.appendChild(Object.assign(document.createElement("script"), { textContent: "window.inline = true" }))');
    await tryInPage(`void document.body.appendChild(Object.assign(document.createElement('script'), { src: '${elsewhere}/script.js' }))`);
    expect(await tryInPage('typeof window.inline')).toBe('undefined');
    expect(await tryInPage(`fetch('${elsewhere}/fetch')`)).toBe('TypeError');
    expect(await tryInPage(`new Promise((resolve) => Object.assign(new Image(), { onerror: () => resolve('refused'), onload: () => resolve('shown'), src: '${elsewhere}/image' }))`)).toBe('refused');
    expect(visits).toEqual([]);
    const policy = await tryInPage("fetch(location.pathname).then(({ headers }) => headers.get('content-security-policy'))");
    expect(policy).toMatch(/default-src 'none'; script-src 'self';/);
    expect(policy).not.toContain('unsafe-eval');
  });

  it('finds no Node, no Electron and only the bridge', async () => {
    expect(await tryInPage("['require', 'process', 'module', 'exports', 'Buffer', 'global', '__dirname', 'electron', 'ipcRenderer'].filter((name) => name in window)")).toEqual([]);
    expect(await tryInPage('Object.keys(window.cria).sort().join()')).toBe('chooseFolder,notify,onClose,onCommand,onMessage,open,send,setProgress,setUnsaved');
    expect(await shell.app.evaluate(({ BrowserWindow }) => {
      const { webContents } = BrowserWindow.getAllWindows()[0]!;
      const { contextIsolation, sandbox, nodeIntegration, webSecurity } = (webContents as unknown as { getLastWebPreferences(): Record<string, unknown> }).getLastWebPreferences();
      return { contextIsolation, sandbox, nodeIntegration, webSecurity };
    })).toEqual({ contextIsolation: true, sandbox: true, nodeIntegration: false, webSecurity: true });
  });

  it('is served the app\'s files and no other', async () => {
    const status = (address: string) => tryInPage(`fetch('${address}').then(({ status }) => status)`);
    expect(await status('cria://app/index.html')).toBe(200);
    for (const address of ['cria://app/../../../etc/passwd', 'cria://app/%2e%2e/%2e%2e/main/index.cjs', 'cria://app/..%2f..%2fpackage.json', 'cria://app/main/index.cjs']) expect(await status(address)).toBe(404);
    for (const address of ['cria://other/index.html', 'file:///etc/passwd']) expect(await status(address)).toBe('TypeError');
  });

  it('is told what is wrong with a request that the contract does not have', async () => {
    await expect(shell.ask('shell.run' as never, {} as never)).rejects.toThrow('There is no request "shell.run".');
    await expect(shell.ask('constructor' as never, {} as never)).rejects.toThrow('There is no request "constructor".');
    await expect(shell.ask('run.get', { run: 7 as never })).rejects.toThrow('The request run.get does not fit the contract: run:');
    await expect(shell.ask('run.list', { limit: -1 })).rejects.toThrow('The request run.list does not fit the contract: limit:');
  });

  it('loses its connection, and nothing else, by what is no message', async () => {
    for (const nonsense of ['not JSON', 7 as never, 'x'.repeat(9 * 1024 * 1024)]) {
      await page().evaluate((text) => {
        const globals = window as unknown as Globals;
        globals.losses = 0;
        globals.cria.onClose(() => globals.losses!++);
        globals.cria.send(text);
      }, nonsense);
      await until(() => page().evaluate(() => (window as unknown as Globals).losses! > 0));
      // The page takes up another by itself.
      await see(page(), '.now', 'Nothing runs');
      expect((await shell.ask('engine.info', {})).workspace).toBe(`${shell.root}/workspace`);
    }
  });

  it('of somebody else\'s is not heard, even with the bridge in its hands', async () => {
    const refusal = await shell.app.evaluate(async ({ BrowserWindow }, preload) => {
      const window = new BrowserWindow({ show: false, webPreferences: { preload, contextIsolation: true, sandbox: true } });
      await window.loadURL('data:text/html,<title>other</title>');
      const refused = (await window.webContents.executeJavaScript("cria.chooseFolder('Where?').then(() => 'chosen', (error) => error.message)")) as string;
      await window.webContents.executeJavaScript("window.heard = []; cria.onMessage((text) => heard.push(text)); cria.open(); cria.send(JSON.stringify({ id: 1, method: 'engine.info', params: {} }))");
      (globalThis as unknown as { other: unknown }).other = window;
      return refused;
    }, `${process.cwd()}/out/test-electron/preload/index.cjs`);
    expect(refusal).toContain('This window may not ask for that.');
    // Long enough for the app's own page to be answered; the other one's message went first.
    await shell.ask('engine.info', {});
    const heard = await shell.app.evaluate(() => {
      const { other } = globalThis as unknown as { other: { webContents: { executeJavaScript(code: string): Promise<string[]> }; destroy(): void } };
      return other.webContents.executeJavaScript('heard').finally(() => other.destroy());
    });
    expect(heard).toEqual([]);
  });
});
