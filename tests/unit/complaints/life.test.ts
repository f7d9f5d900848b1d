/** What users of other tools complain of: the life of runs. */
import { copyFileSync, writeFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { expect, it, onTestFinished } from 'vitest';
import { startEngine } from '../../../src/main/engine.ts';
import { Workspace } from '../../../src/main/workspace.ts';
import { ended, writeConfig, writeCorpus } from '../../e2e/support.ts';
import { temporaryFolder } from '../../support/jobContext.ts';

/** A run whose job lives and says nothing. */
async function silentRun() {
  const root = temporaryFolder();
  writeCorpus(join(root, 'corpus'));
  writeFileSync(join(root, 'tokenizer.json'), '{}');
  const entry = join(root, 'job.ts');
  copyFileSync(resolve(import.meta.dirname, '../../support/silentJob.ts'), entry);
  const engine = await startEngine({ workspace: new Workspace(join(root, 'workspace')), jobEntry: entry });
  onTestFinished(() => engine.close());
  const client = engine.client();
  const { runId } = await client.request('run.start', { configFile: writeConfig(root, 'quiet', ''), workingFolder: root, overrides: [], method: 'train' });
  const get = () => client.request('run.get', { run: runId });
  let run = await get();
  for (; run.pid === null; run = await get()) await sleep(20);
  return { client, runId, pid: run.pid, get };
}

it('W&B 1526, 3599: a run that says nothing for a while is not "crashed"; one whose process is gone is not "running"', async () => {
  const { client, runId, pid, get } = await silentRun();
  await sleep(500);
  expect((await get()).state).toBe('running');
  process.kill(pid, 'SIGKILL');
  expect(await ended(client, runId)).toMatchObject({ state: 'interrupted', pid: null });
});

it('LLaMA-Factory 9766, AutoTrain 136: every stop has a reason, and what to do', async () => {
  const killed = await silentRun();
  process.kill(killed.pid, 'SIGKILL');
  expect((await ended(killed.client, killed.runId)).error).toMatchObject({ message: expect.stringContaining('SIGKILL') as string, hint: expect.stringContaining('resume') as string });
  const stopped = await silentRun();
  await stopped.client.request('run.stop', { runId: stopped.runId });
  expect(await ended(stopped.client, stopped.runId)).toMatchObject({ state: 'stopped', error: { code: 'cancelled' } });
});
