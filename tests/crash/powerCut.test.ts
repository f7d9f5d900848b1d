/** The machine loses its power while a run trains: whatever was not synced is gone. Nothing that a client was told is lost for good. */
import { mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { expect, it } from 'vitest';
import { Random } from '../../src/main/random.ts';
import { lossesOf } from '../e2e/support.ts';
import { temporaryFolder } from '../support/jobContext.ts';
import { afterPowerCut, compileDisk } from './disk.ts';
import { makeJobs, writeInputs } from './jobs.ts';
import { World } from './world.ts';

const library = compileDisk();
const CUTS = 2;
const seed = Math.floor(Date.now() / 86_400_000);

it.runIf(library !== null)('loses nothing for good with the machine\'s power', async () => {
  const root = temporaryFolder();
  writeInputs(root);
  const random = new Random(seed, 'power cuts');
  let calm: { losses: unknown; ms: number } | null = null;
  for (let cut = 0; cut <= CUTS; cut++) {
    const [workspace, shadow, left] = [`workspace-${cut}`, `shadow-${cut}`, `left-${cut}`].map((name) => join(root, name)) as [string, string, string];
    mkdirSync(workspace);
    mkdirSync(shadow);
    const world = new World(workspace, { ...process.env, LD_PRELOAD: library!, CRIA_DISK_FOLDER: workspace, CRIA_DISK_SHADOW: shadow });
    try {
      const [tokenizer, train] = ['tokenizer', 'train'].map((kind) => makeJobs(root, workspace).find((job) => job.kind === kind)!);
      if (!calm) {
        // The first world is left alone: what it measures is what the others have to come to.
        await world.rest((await world.ask((client) => tokenizer!.start(client, 0))).runId);
        const before = performance.now();
        const { runId } = await world.ask((client) => train!.start(client, cut));
        expect((await world.rest(runId)).state).toBe('done');
        calm = { losses: lossesOf(join(workspace, 'runs', runId)), ms: performance.now() - before };
        continue;
      }
      const { runId } = await world.ask((client) => train!.start(client, cut));
      await sleep(random.uniform() * calm.ms);
      await world.kill('all', runId);
      const { shown, done } = world;
      await world.close();
      afterPowerCut(workspace, shadow, left);

      const later = new World(left);
      try {
        expect(later.damage(), `seed ${seed}`).toEqual([]);
        for (const [id, values] of shown) later.shown.set(id, values);
        for (const id of done) later.done.add(id);
        const run = await later.rest(runId);
        if (run.state !== 'done') {
          await later.ask((client) => client.request('run.resume', { run: runId }));
          expect((await later.rest(runId)).state).toBe('done');
        }
        // What was shown and had not reached the disk was computed again, to the same numbers.
        expect(await later.lost(), `seed ${seed}`).toEqual([]);
        expect(lossesOf(join(left, 'runs', runId))).toEqual(calm.losses);
      } finally {
        await later.close();
      }
    } finally {
      await world.close();
    }
  }
}, 300_000);
