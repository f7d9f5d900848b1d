/** A browser over the host, as people without a display use Cria. */
import { spawn, type ChildProcess } from 'node:child_process';
import { existsSync } from 'node:fs';
import { dirname, join, resolve } from 'node:path';
import { createInterface } from 'node:readline';
import { chromium, type Browser, type BrowserContext } from 'playwright';

const ROOT = resolve(import.meta.dirname, '../..');

/** A Chromium of the system, or the one that `CRIA_CHROMIUM` names; null: none was found. */
export function findChromium(): string | null {
  const candidates = [process.env.CRIA_CHROMIUM, '/usr/bin/chromium', '/usr/bin/chromium-browser', '/usr/bin/google-chrome', '/snap/bin/chromium'];
  return candidates.find((path): path is string => path !== undefined && existsSync(path)) ?? null;
}

export interface ServedHost {
  /** Address with a token that works once. */
  url(): string;
  process: ChildProcess;
  /** Asks it to end, as Ctrl-C does, and waits. */
  stop(): Promise<void>;
}

/** Starts `cria host` for a workspace, from the sources. Needs a build of the renderer (`npm run build`). */
export async function serve(workspace: string, port = 0): Promise<ServedHost> {
  const child = spawn(process.execPath, ['--disable-warning=ExperimentalWarning', join(ROOT, 'src/main/cli.ts'), '--workspace', workspace, 'host', '--port', String(port), '--allow', dirname(workspace)], {
    stdio: ['ignore', 'pipe', 'pipe'], env: { ...process.env, NO_COLOR: '1' },
  });
  let url = '';
  let complaint = '';
  child.stderr.on('data', (chunk) => (complaint += String(chunk)));
  const lines = createInterface({ input: child.stdout });
  await new Promise<void>((resolve, reject) => {
    lines.on('line', (line) => {
      const found = /http:\S+\?token=\S+/.exec(line)?.[0];
      if (found) {
        url = found;
        resolve();
      }
    });
    child.once('close', () => reject(new Error(`the host ended: ${complaint}`)));
  });
  return {
    url: () => url,
    process: child,
    stop: () =>
      new Promise((resolve) => {
        if (child.exitCode !== null || child.signalCode !== null) return resolve();
        child.once('close', () => resolve());
        child.kill('SIGINT');
      }),
  };
}

export async function openBrowser(): Promise<Browser> {
  return chromium.launch({ executablePath: findChromium()!, args: ['--no-sandbox', '--force-color-profile=srgb'] });
}

/** A browser profile that has opened the host's address once. */
export async function openSession(browser: Browser, host: ServedHost, options: Parameters<Browser['newContext']>[0] = {}): Promise<BrowserContext> {
  const context = await browser.newContext({ viewport: { width: 1440, height: 900 }, reducedMotion: 'reduce', ...options });
  const page = await context.newPage();
  await page.goto(host.url());
  await page.waitForSelector('main > *');
  await page.close();
  return context;
}
