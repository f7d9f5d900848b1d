/** Disks that fail under a job: an error on fsync, writes that take only half. Earlier checkpoints stay whole, and the run comes to the losses of one on a good disk. */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterEach, expect, it, vi } from 'vitest';
import { ended, lossesOf, openEngine, writeConfig, writeCorpus } from '../e2e/support.ts';
import { temporaryFolder } from '../support/jobContext.ts';
import { compileDisk } from './disk.ts';

const library = compileDisk();
const TRAINING = '  max_steps: 20\n  eval_steps: 5\n  logging_steps: 1\n';
afterEach(() => vi.unstubAllEnvs());

it.runIf(library !== null)('a disk that fails or writes by halves harms nothing that was saved, and no result', async () => {
  const root = temporaryFolder();
  const { client, engine, workspace } = await openEngine(root);
  try {
    writeCorpus(join(root, 'corpus'));
    await ended(client, (await client.request('tokenizer.train', { inputs: [join(root, 'corpus')], output: join(root, 'tokenizer.json'), vocabSize: 300, minFrequency: 1 })).runId);
    const start = async (name: string) => (await client.request('run.start', { configFile: writeConfig(root, name, TRAINING), workingFolder: root, overrides: [], method: 'train' })).runId;
    // Jobs take the test's environment along; the engine in this process is not touched.
    const onDisk = (faults: Record<string, string>) => {
      for (const [name, value] of Object.entries({ LD_PRELOAD: library!, CRIA_DISK_FOLDER: workspace.root, ...faults })) vi.stubEnv(name, value);
    };

    onDisk({ CRIA_DISK_SHORT: '1' });
    const halves = await start('halves');
    expect(await ended(client, halves)).toMatchObject({ state: 'done', error: null });
    vi.unstubAllEnvs();
    const good = await start('good');
    expect((await ended(client, good)).state).toBe('done');
    const losses = lossesOf(workspace.runFolder(good));
    expect(lossesOf(workspace.runFolder(halves))).toEqual(losses);
    const weights = (name: string) => readFileSync(join(workspace.modelFolder(name), 'model.safetensors'));
    expect(weights('halves').equals(weights('good'))).toBe(true);
    // The header of a token file is written last, over its beginning.
    const corpus = async (run: string) => ((await client.request('run.get', { run })).result as { corpusSha256: string }).corpusSha256;
    expect(await corpus(halves)).toBe(await corpus(good));

    // Late enough for a checkpoint to lie there.
    onDisk({ CRIA_DISK_FAIL_SYNC: '25' });
    const failing = await start('failing');
    const failed = await ended(client, failing);
    expect(failed.state).toBe('failed');
    expect(failed.error).toMatchObject({ code: 'not-writable', message: expect.stringContaining('EIO') as string, hint: expect.stringContaining('resumed') as string });
    const checkpoints = await client.request('run.checkpoints', { runId: failing });
    expect(checkpoints.length).toBeGreaterThan(0);
    vi.unstubAllEnvs();
    await client.request('run.resume', { run: failing });
    expect((await ended(client, failing)).state).toBe('done');
    expect(lossesOf(workspace.runFolder(failing))).toEqual(losses);
    expect(weights('failing').equals(weights('good'))).toBe(true);
  } finally {
    await engine.close();
  }
}, 200_000);
