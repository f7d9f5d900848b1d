/**
 * The compare page with 8 runs of a million points each: how soon the curves are there, and how many frames a second the page shows
 * while a hand pans and zooms.
 */
import type { Page } from 'playwright';
import { Store } from '../../src/main/store/store.ts';
import { openBrowser, openSession, serve } from '../../tests/window/browser.ts';
import { logLongRuns } from '../fill.ts';
import type { BenchResult } from '../result.ts';
import { frames, inWorkspace, percentile, rounds } from './session.ts';

const RUNS = 8;
const POINTS = 1_000_000;
const ROUNDS = 5;
const FIRST_PAINT_LIMIT_MS = 1000;
const FRAME_LIMIT_MS = 1000 / 30;
const GESTURE_EVENTS = 60;

export function benchCompare(kept?: string): Promise<BenchResult[]> {
  const fill = (database: string) => {
    const store = Store.open(database);
    logLongRuns(store, { runs: RUNS, points: POINTS });
    store.close();
  };
  return inWorkspace(kept, fill, async (workspace) => {
    const paints: number[] = [];
    const seen = new Map<string, { frame: number[]; work: number[] }>(Object.keys(GESTURES).map((gesture) => [gesture, { frame: [], work: [] }]));
    for (let round = 0; round < ROUNDS; round++) {
      // The engine begins anew as well, so that no series is in its memory.
      const host = await serve(workspace);
      const browser = await openBrowser();
      try {
        const page = await (await openSession(browser, host, { reducedMotion: 'no-preference' })).newPage();
        await page.goto(new URL(host.url()).origin);
        await page.waitForSelector('.rows .line .name a');
        paints.push(await firstPaint(page));
        for (const [gesture, move] of Object.entries(GESTURES)) {
          const place = await overChart(page);
          if (gesture === 'panning') await zoomIn(page);
          const { times, processorMs } = await frames(page, () => move(page, place));
          seen.get(gesture)!.frame.push(percentile(times, 0.95));
          seen.get(gesture)!.work.push(processorMs / GESTURE_EVENTS);
          await page.locator('.chart [role="img"]').first().dblclick({ position: { x: 200, y: 100 } });
          await page.waitForTimeout(500);
        }
        process.stderr.write(`first paint ${paints.at(-1)!.toFixed(0)} ms, 95 % of frames within ${[...seen].map(([gesture, { frame, work }]) => `${frame.at(-1)!.toFixed(1)} ms (${gesture}, ${work.at(-1)!.toFixed(1)} ms of work an event)`).join(', ')}\n`);
      } finally {
        await browser.close();
        await host.stop();
      }
    }
    return [
      rounds(`first paint of ${RUNS} runs with ${POINTS} points each`, paints, 'ms', FIRST_PAINT_LIMIT_MS),
      ...[...seen].flatMap(([gesture, { frame, work }]) => [
        rounds(`frame while ${gesture}, 95th percentile`, frame, 'ms', FRAME_LIMIT_MS),
        rounds(`the page's own work for a move while ${gesture}`, work, 'ms', FRAME_LIMIT_MS),
      ]),
    ];
  });
}

/** From the wish to compare until the frame in which the curves of all runs stand, by the page's own clock. */
async function firstPaint(page: Page): Promise<number> {
  return page.evaluate(async (runs) => {
    const { criaTest } = window as unknown as { criaTest: (method: string, params: object) => Promise<{ rows: { id: string }[] }> };
    const { rows } = await criaTest('run.list', { kinds: ['train'], limit: runs });
    const started = performance.now();
    location.hash = `/compare?runs=${rows.map(({ id }) => id).join(',')}`;
    const frame = () => new Promise((resolve) => requestAnimationFrame(resolve));
    while (Number(document.querySelector<HTMLElement>('.chart')?.dataset.lines ?? 0) < runs) await frame();
    // The chart draws in the frame after it has got its lines, and the screen shows it in the one after that.
    await frame();
    await frame();
    return performance.now() - started;
  }, RUNS);
}

type Place = { x: number; y: number };

const GESTURES: Record<string, (page: Page, place: Place) => Promise<void>> = {
  async zooming(page) {
    await page.keyboard.down('Control');
    for (let i = 0; i < GESTURE_EVENTS; i++) await page.mouse.wheel(0, i < GESTURE_EVENTS / 2 ? -60 : 60);
    await page.keyboard.up('Control');
  },
  async panning(page, { x, y }) {
    await page.keyboard.down('Shift');
    await page.mouse.down();
    for (let i = 0; i < GESTURE_EVENTS; i++) await page.mouse.move(x + 2 * (i < GESTURE_EVENTS / 2 ? -i : i - GESTURE_EVENTS), y);
    await page.mouse.up();
    await page.keyboard.up('Shift');
  },
  async pointing(page, { x, y }) {
    for (let i = 0; i < GESTURE_EVENTS; i++) await page.mouse.move(x - 60 + 2 * i, y);
  },
};

/** Far enough that there is something to pan to, and the details are there. */
async function zoomIn(page: Page): Promise<void> {
  await page.keyboard.down('Control');
  for (let i = 0; i < 12; i++) await page.mouse.wheel(0, -120);
  await page.keyboard.up('Control');
  await page.waitForTimeout(600);
}

async function overChart(page: Page): Promise<Place> {
  const box = (await page.locator('.chart [role="img"]').first().boundingBox())!;
  const place = { x: box.x + box.width * 0.45, y: box.y + box.height / 2 };
  await page.mouse.move(place.x, place.y);
  return place;
}
