/** A run whose process is killed and that is resumed has the losses, bit for bit, of one that was not. */
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { ended, lossesOf, openEngine, writeConfig, writeCorpus } from './support.ts';

/** So many steps that the run is not over before word of its first ones has come: a step takes milliseconds. */
const STEPS = 400;
const TRAINING = `  max_steps: ${STEPS}\n  eval_steps: 10\n  logging_steps: 1\n`;

describe('resuming', () => {
  const root = mkdtempSync(join(tmpdir(), 'cria-e2e-'));
  let opened: Awaited<ReturnType<typeof openEngine>>;

  beforeAll(async () => {
    writeCorpus(join(root, 'corpus'));
    opened = await openEngine(root);
    const { runId } = await opened.client.request('tokenizer.train', { inputs: [join(root, 'corpus')], output: join(root, 'tokenizer.json'), vocabSize: 300 });
    expect((await ended(opened.client, runId)).error).toBeNull();
  });
  afterAll(async () => {
    await opened.engine.close();
    rmSync(root, { recursive: true, force: true });
  });

  const start = async (name: string) => {
    const { runId } = await opened.client.request('run.start', { configFile: writeConfig(root, name, TRAINING), workingFolder: root, overrides: [], method: 'train' });
    return runId;
  };
  /** Waits until the store has metrics of that step. */
  const reached = (runId: string, step: number) =>
    new Promise<void>((resolve) => {
      const off = opened.client.on('run.measured', (event) => {
        if (event.runId !== runId || event.step < step) return;
        off();
        resolve();
      });
    });
  const weightsOf = (name: string) => readFileSync(join(opened.workspace.modelFolder(name), 'model.safetensors'));

  it('after SIGKILL, and after a stop, changes nothing, in the middle of an epoch too (accelerate 2016, PR 4071)', async () => {
    const { client, workspace } = opened;
    const calm = await start('calm');
    const finished = await ended(client, calm);
    expect(finished.error).toBeNull();
    expect(finished.state).toBe('done');

    const killed = await start('killed');
    await reached(killed, 25);
    process.kill((await client.request('run.get', { run: killed })).pid!, 'SIGKILL');
    const dead = await ended(client, killed);
    expect(dead.state).toBe('interrupted');
    expect(dead.error?.message).toContain('SIGKILL');
    await client.request('run.resume', { run: killed });
    await reached(killed, STEPS / 2);
    // Asked to stop this time: it writes a checkpoint wherever it is.
    await client.request('run.stop', { runId: killed });
    expect((await ended(client, killed)).state).toBe('stopped');
    await client.request('run.resume', { run: killed });
    expect((await ended(client, killed)).state).toBe('done');

    expect(lossesOf(workspace.runFolder(killed))).toEqual(lossesOf(workspace.runFolder(calm)));
    expect(weightsOf('killed').equals(weightsOf('calm'))).toBe(true);

    // The store has each metric once, and the same as the file's.
    const [series] = await client.request('run.metrics', { runId: killed, names: ['train/loss'], maxPoints: 1000 });
    expect(series!.steps).toEqual(Array.from({ length: STEPS }, (_, i) => i + 1));
    const file = lossesOf(workspace.runFolder(killed));
    expect(series!.values).toEqual(series!.steps.map((step) => file[step]!['train/loss']));
  });

  it('of a run that is done, running or of another kind is refused', async () => {
    const { client } = opened;
    await expect(client.request('run.resume', { run: 'killed' })).rejects.toMatchObject({ code: 'bad-request', message: expect.stringContaining('is done') as string });
    await expect(client.request('run.resume', { run: 'nobody' })).rejects.toMatchObject({ code: 'not-found' });
    await expect(start('killed')).rejects.toMatchObject({ code: 'exists' });
  });
});
