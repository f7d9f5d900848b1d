/**
 * Trains on a file system that fills up after the first checkpoint, then makes room and resumes; prints what happened as JSON. Started by
 * fullDisk.test.ts inside a mount namespace in which ROOT/workspace/runs is a small file system of its own.
 */
import { closeSync, openSync, readdirSync, rmSync, writeSync } from 'node:fs';
import { join } from 'node:path';
import { ended, lossesOf, openEngine, writeConfig, writeCorpus } from './support.ts';

const root = process.argv[2]!;
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

const { runId } = await start('cramped');
const checkpoints = join(workspace.runFolder(runId), 'checkpoints');
const saved = () => {
  try {
    return readdirSync(checkpoints).filter((name) => /^step-\d+$/.test(name));
  } catch {
    return [];
  }
};
while (saved().length === 0) await new Promise((resolve) => setTimeout(resolve, 5));
const filler = join(workspace.root, 'runs', 'filler');
const file = openSync(filler, 'w');
for (const block = Buffer.alloc(4096); ;) {
  try {
    writeSync(file, block);
  } catch {
    break; // The disk is full now.
  }
}
closeSync(file);
const full = await ended(client, runId);
const kept = saved();
rmSync(filler);
await client.request('run.resume', { run: runId });
const resumed = await ended(client, runId);
process.stdout.write(JSON.stringify({ full: { state: full.state, error: full.error }, kept, resumed: resumed.state, losses: lossesOf(workspace.runFolder(runId)), twinLosses }));
await engine.close();
