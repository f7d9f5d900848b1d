/**
 * Trains on a file system that fills up after the first checkpoint, then makes room; prints what happened as JSON. Started by
 * fullDisk.test.ts inside a mount namespace in which FOLDER is a small file system of its own. Arguments: ROOT FOLDER.
 */
import { closeSync, openSync, readdirSync, rmSync, writeSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { ended, lossesOf, openEngine, writeConfig, writeCorpus } from './support.ts';

const [root, folder] = process.argv.slice(2) as [string, string];
const { workspace, engine, client } = await openEngine(root);
writeCorpus(join(root, 'corpus'));
await client.request('tokenizer.train', { inputs: [join(root, 'corpus')], output: join(root, 'tokenizer.json'), vocabSize: 300, minFrequency: 1 })
  .then(({ runId }) => ended(client, runId));

const start = (name: string) =>
  client.request('run.start', { configFile: writeConfig(root, name, '  eval_steps: 20\n  max_steps: 60\n  logging_steps: 5\n'), workingFolder: root, overrides: [], method: 'train' });

// The twin that has room all along.
const { runId: twin } = await start('twin');
await ended(client, twin);
const twinLosses = lossesOf(workspace.runFolder(twin));
rmSync(workspace.runFolder(twin), { recursive: true });

const told: { state: string; error: { code: string; message: string; hint: string } | null }[] = [];
const { runId } = await start('cramped');
client.on('run.changed', (run) => {
  if (run.id === runId) told.push({ state: run.state, error: run.error as (typeof told)[number]['error'] });
});
const checkpoints = join(workspace.runFolder(runId), 'checkpoints');
const saved = () => {
  try {
    return readdirSync(checkpoints).filter((name) => /^step-\d+$/.test(name));
  } catch {
    return [];
  }
};
while (saved().length === 0) await sleep(5);
const filler = join(folder, 'filler');
const file = openSync(filler, 'w');
for (const bytes of [4096, 1]) {
  for (const block = Buffer.alloc(bytes); ;) {
    try {
      writeSync(file, block);
    } catch {
      break; // The disk is full now.
    }
  }
}
closeSync(file);
while (!told.some(({ state }) => state === 'paused')) await sleep(20);
const kept = saved();
// What the full disk has no room for is told of all the same; requests that only read are answered.
const asked = (await client.request('run.list', { kinds: ['train'] })).total;
const refused = await client.request('run.start', { configFile: join(root, 'none.yaml'), workingFolder: root, overrides: [], method: 'train' }).then(() => null, (error: { code: string }) => error.code);
rmSync(filler);
// Nobody resumes it: it goes on by itself.
while ((await client.request('run.get', { run: runId })).state !== 'done') await sleep(50);
process.stdout.write(JSON.stringify({ told, kept, asked, refused, losses: lossesOf(workspace.runFolder(runId)), twinLosses }));
await engine.close();
