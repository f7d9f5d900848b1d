/**
 * `npm run screenshots [-- WORKSPACE [FOLDER]]`: pictures of every page in both themes, at 100 % and at 200 %, of a workspace that has runs
 * (the demo's, say). They are made to be looked at.
 */
import { mkdirSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { findChromium, openBrowser, openSession, serve } from './browser.ts';

const [workspace = '', folder = 'out/screenshots'] = process.argv.slice(2);
if (!workspace) throw new Error('Which workspace? npm run screenshots -- WORKSPACE');
if (!findChromium()) throw new Error('No Chromium was found; name one in CRIA_CHROMIUM.');

const database = new DatabaseSync(join(workspace, 'cria.db'), { readOnly: true });
const runs = database.prepare("SELECT id, model_name AS model FROM runs WHERE kind = 'train' AND state = 'done' ORDER BY created_at DESC LIMIT 4").all() as { id: string; model: string }[];
// A paradigm of minimal pairs that the newest model was scored on.
const scored = database.prepare("SELECT suite, protocol, subtask FROM evaluations JOIN subtask_scores ON evaluation_id = id WHERE model = ? AND suite NOT LIKE 'glue%' ORDER BY suite LIMIT 1").get(runs[0]?.model ?? '') as { suite: string; protocol: string; subtask: string } | undefined;
database.close();

const compared = runs.slice(0, 3).map(({ id }) => id).join(',');
const PAGES: Record<string, string> = {
  runs: '/runs',
  'runs-all': '/runs?kind=all',
  run: `/runs/${runs[0]?.id ?? ''}`,
  compare: `/compare?runs=${compared}&smooth=0.8`,
  'compare-pairs': `/compare?runs=${compared}${scored ? `&pairs=${[scored.suite, scored.protocol, scored.subtask].map(encodeURIComponent).join('/')}` : ''}`,
  new: '/new',
  distil: '/distil',
  queue: '/queue',
  evaluate: '/evaluate',
  models: '/models',
  model: `/models/${encodeURIComponent(runs[0]?.model ?? '')}`,
  corpora: '/corpora',
  settings: '/settings',
};

const target = resolve(folder);
mkdirSync(target, { recursive: true });
const host = await serve(resolve(workspace));
const browser = await openBrowser();
try {
  for (const zoom of [1, 2]) {
    // A browser's zoom of 200 % is half the room at twice the pixels.
    const context = await openSession(browser, host, { viewport: { width: 1440 / zoom, height: 900 / zoom }, deviceScaleFactor: zoom });
    const origin = new URL(host.url()).origin;
    for (const colorScheme of ['light', 'dark'] as const) {
      const page = await context.newPage();
      await page.emulateMedia({ colorScheme });
      page.on('pageerror', (error) => process.stderr.write(`${page.url()}: ${error.message}\n`));
      page.on('console', (message) => message.type() === 'error' && process.stderr.write(`${page.url()}: ${message.text()}\n`));
      for (const [name, path] of Object.entries(PAGES)) {
        await page.goto(`${origin}/#${path}`);
        await page.reload();
        await page.waitForSelector('main > *');
        await page.waitForTimeout(900); // Charts draw after their data has come.
        await page.screenshot({ path: join(target, `${name}-${colorScheme}${zoom === 1 ? '' : '-200'}.png`) });
      }
      await page.close();
    }
    await context.close();
  }
  process.stdout.write(`${4 * Object.keys(PAGES).length} pictures in ${target}\n`);
} finally {
  await browser.close();
  await host.stop();
}
