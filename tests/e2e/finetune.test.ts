/** Fine-tuning whose process is killed goes on from its last epoch to the predictions that it would have had. */
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { makeLetterModel } from '../support/letterModels.ts';
import { ended, lossesOf, openEngine } from './support.ts';

const root = mkdtempSync(join(tmpdir(), 'cria-e2e-'));
let opened: Awaited<ReturnType<typeof openEngine>>;

const items = (count: number) =>
  Array.from({ length: count }, (_, i) => `${JSON.stringify({ sentence: `${['a fine hill', 'bad weeds'][i % 2]!} ${'abcdefgh'[(i * 3) % 8]!}.`, label: i % 2, idx: i })}\n`).join('');

beforeAll(async () => {
  const glue = join(root, 'data', 'glue_filtered');
  mkdirSync(glue, { recursive: true });
  for (const task of ['cola', 'sst2']) {
    writeFileSync(join(glue, `${task}.train.jsonl`), items(40));
    writeFileSync(join(glue, `${task}.valid.jsonl`), items(12));
  }
  opened = await openEngine(root);
});
afterAll(async () => {
  await opened.engine.close();
  rmSync(root, { recursive: true, force: true });
});

it('after SIGKILL nothing is lost but the epoch in hand, and the store has the scores', { timeout: 240_000 }, async () => {
  const { client, workspace } = opened;
  await makeLetterModel(workspace.modelFolder('one'), 1);
  const start = async () => (await client.request('evaluation.start', {
    models: ['one'], suites: ['glue-lora'], data: join(root, 'data'), out: null, finetuning: { batchSize: 8, epochs: 40, maxLength: 8, learningRate: 0.01 },
  })).runId;
  const calm = await start();
  expect((await ended(client, calm)).state).toBe('done');

  const killed = await start();
  await new Promise<void>((resolve) => {
    const off = client.on('run.measured', (event) => {
      if (event.runId !== killed || event.step < 10) return;
      off();
      resolve();
    });
  });
  process.kill((await client.request('run.get', { run: killed })).pid!, 'SIGKILL');
  expect((await ended(client, killed)).state).toBe('interrupted');
  await client.request('run.resume', { run: killed });
  expect((await ended(client, killed)).state).toBe('done');

  expect(lossesOf(workspace.runFolder(killed))).toEqual(lossesOf(workspace.runFolder(calm)));
  const [second, first] = await client.request('evaluation.list', { suite: 'glue-lora' });
  expect(second!.score).toBe(first!.score);
  expect(await client.request('evaluation.subtasks', { evaluationId: second!.id })).toEqual(await client.request('evaluation.subtasks', { evaluationId: first!.id }));
});
