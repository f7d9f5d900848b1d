/** Runs and models to and from other tools, through the engine and its jobs. */
import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { afterEach, expect, it } from 'vitest';
import type { Engine } from '../../../src/main/engine.ts';
import { CARD_MARK } from '../../../src/main/exchange/modelCard.ts';
import { ended, openEngine, writeConfig, writeCorpus } from '../../e2e/support.ts';
import { temporaryFolder } from '../../support/jobContext.ts';

const FIXTURES = resolve(import.meta.dirname, '../../fixtures/exchange');

let open: Engine | null = null;
afterEach(() => open?.close());

async function setUp() {
  const root = temporaryFolder();
  const { engine, client, workspace } = await openEngine(root);
  open = engine;
  return { root, client, workspace };
}

it('imports runs beside its own, with their times, and compares and exports them', async () => {
  const { root, client } = await setUp();
  const sources = await client.request('exchange.find', { path: FIXTURES });
  const { runIds } = await client.request('exchange.import', { sources, project: 'elsewhere' });
  const [scalars, tensors] = await Promise.all(runIds.map((id) => ended(client, id)));
  expect([scalars!.error, tensors!.error]).toEqual([null, null]);
  expect(tensors).toMatchObject({ kind: 'imported', state: 'done', name: 'tensors', project: 'elsewhere', step: 45, evalLoss: 3.5, bestEvalLoss: 3.5, startedAt: 1_700_000_000_000, finishedAt: 1_700_000_045_000 });

  const comparison = await client.request('run.compare', { runs: ['scalars', 'tensors'] });
  expect(comparison.config.find(({ key }) => key === 'args.seed')).toMatchObject({ values: ['7', ''], differs: true });
  expect(comparison.metrics.find(({ metric }) => metric === 'train/loss')).toMatchObject({ last: [2, 2.75] });
  const { name, html } = await client.request('exchange.report', { runs: ['scalars', 'tensors'] });
  expect(name).toBe('scalars-vs-tensors.html');
  expect(html.match(/<svg/g)).toHaveLength(3); // Loss, eval loss, learning rate.

  const { runId } = await client.request('exchange.export', { runs: runIds, format: 'tensorboard', output: join(root, 'board') });
  expect((await ended(client, runId)).state).toBe('done');
  await expect(client.request('exchange.export', { runs: [runId], format: 'csv', output: join(root, 'x') })).rejects.toMatchObject({ code: 'bad-request' });
  // The way there and back.
  const again = await client.request('exchange.import', { sources: await client.request('exchange.find', { path: join(root, 'board') }) });
  const back = await Promise.all(again.runIds.map((id) => ended(client, id)));
  const series = async (id: string) => (await client.request('run.metrics', { runId: id, names: ['train/loss'], maxPoints: 100 }))[0]!.values;
  expect(await series(back[0]!.id)).toEqual(await series(scalars!.id));
  expect((back[0]!.params as { config: unknown }).config).toEqual((scalars!.params as { config: unknown }).config);
});

it('keeps a card in each model\'s folder, leaves a written README alone, and exports folders that can be pushed', async () => {
  const { root, client, workspace } = await setUp();
  writeCorpus(join(root, 'corpus'));
  await ended(client, (await client.request('tokenizer.train', { inputs: [join(root, 'corpus')], output: join(root, 'tokenizer.json'), vocabSize: 300, minFrequency: 1 })).runId);
  const { runId } = await client.request('run.start', { configFile: writeConfig(root, 'carded', '  max_steps: 2\n'), workingFolder: root, overrides: [], method: 'train' });
  expect((await ended(client, runId)).error).toBeNull();
  await client.request('engine.info', {}); // The card follows the run's end.
  const readme = join(workspace.modelFolder('carded'), 'README.md');
  expect(readFileSync(readme, 'utf8')).toBe((await client.request('exchange.card', { model: 'carded' })).text);
  expect(readFileSync(readme, 'utf8')).toMatch(/trained from scratch[^]*\| steps, tokens \| 2, 256/);

  const exportTo = async (name: string) => {
    const { runId: id } = await client.request('model.export', { model: 'carded', output: join(root, name) });
    expect((await ended(client, id)).error).toBeNull();
    return join(root, name);
  };
  const first = await exportTo('first');
  expect(readFileSync(join(first, 'README.md'), 'utf8')).toContain(CARD_MARK);
  expect(readFileSync(join(first, '.gitattributes'), 'utf8')).toContain('*.safetensors filter=lfs');
  const lineage = readFileSync(join(first, 'cria.json'), 'utf8');
  expect(lineage).toContain('"train_path": "corpus"');
  expect(lineage).not.toContain(root);

  writeFileSync(readme, '# Mine\n');
  expect(readFileSync(join(await exportTo('second'), 'README.md'), 'utf8')).toBe('# Mine\n');
  await expect(client.request('exchange.card', { model: 'nobody' })).rejects.toMatchObject({ code: 'not-found' });
  expect(existsSync(join(root, 'second', 'model.safetensors'))).toBe(true);
});
