/** What the window asks of the engine: configs checked as they are typed, runs marked, the queue ordered. */
import { mkdirSync, writeFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { afterEach, describe, expect, it } from 'vitest';
import type { Engine } from '../../../src/main/engine.ts';
import { ended, openEngine, writeConfig, writeCorpus } from '../../e2e/support.ts';
import { temporaryFolder } from '../../support/jobContext.ts';

let open: Engine | null = null;
afterEach(() => open?.close());

async function setUp() {
  const root = temporaryFolder();
  const { engine, client, workspace } = await openEngine(root);
  open = engine;
  writeCorpus(join(root, 'corpus'));
  const { runId } = await client.request('tokenizer.train', { inputs: [join(root, 'corpus')], output: join(root, 'tokenizer.json'), vocabSize: 300, minFrequency: 1 });
  await ended(client, runId);
  const start = (name: string) => client.request('run.start', { configFile: writeConfig(root, name, '  max_steps: 2\n'), workingFolder: root, overrides: [], method: 'train' });
  return { root, client, workspace, start };
}

describe('the engine', () => {
  it('checks a config as it is typed: every problem, its line, and what a run would take, memory too (BabyLlama #6)', async () => {
    const { root, client, start } = await setUp();
    const text = `data:
  tokenizer_path: ${root}/tokenizer.json
  train_path: ${root}/corpus
  eval_path: ${root}/nowhere
  seq_length: 16
model:
  type: GPT2
  name: checked
  hidden_size: 16
  n_layer: 1
  n_head: 2
training:
  lr: 1e-2
  batch_size: 8
  num_epochs: 2
`;
    const missing = await client.request('config.check', { text, path: null });
    expect(missing.problems).toMatchObject([{ key: 'data.eval_path', line: 4, message: expect.stringContaining('does not exist') as string }]);
    const right = await client.request('config.check', { text: text.replace('nowhere', 'corpus'), path: null });
    expect(right.problems).toEqual([]);
    expect(right.values['model.resid_pdrop']).toBe('0.1');
    expect(right.given).not.toContain('model.resid_pdrop');
    // wte, wpe, block, final norm; the little text gives only 83 tokens.
    expect(right.estimate).toMatchObject({ vocabulary: 83, parameters: 83 * 16 + 32 * 16 + (12 * 16 * 16 + 13 * 16) + 32, tokensExact: false, seconds: null });
    expect(right.estimate!.steps).toBeGreaterThan(10);
    const broken = await client.request('config.check', { text: `${text}  nonsense: 1\n lr: [`, path: null });
    expect(broken.problems.length).toBeGreaterThan(0);
    expect(broken.estimate).toBeNull();
    expect((await client.request('config.check', { text: '', path: null })).problems).toHaveLength(1);

    // After a run, tokens are known exactly where the data is the same.
    const { runId } = await start('first');
    await ended(client, runId);
    const distilled = `${text.replace('nowhere', 'corpus')}distillation:\n  teachers: [first, nobody]\n`;
    const { problems } = await client.request('config.check', { text: distilled, path: null });
    expect(problems).toMatchObject([{ key: 'distillation.teachers', line: 17, message: expect.stringContaining('"nobody"') as string }]);
    const { text: ofRun } = await client.request('config.ofRun', { runId });
    expect((await client.request('config.check', { text: ofRun, path: null })).problems).toEqual([]);
  });

  it('saves a config, and replaces one only when told', async () => {
    const { client, workspace } = await setUp();
    const { path } = await client.request('config.save', { name: 'mine', text: 'a: 1\n' });
    expect(path).toBe(join(workspace.root, 'configs', 'mine.yaml'));
    await expect(client.request('config.save', { name: 'mine', text: 'b: 1\n' })).rejects.toMatchObject({ code: 'exists' });
    await client.request('config.save', { name: 'mine', text: 'b: 1\n', replace: true });
    expect(await client.request('config.read', { path })).toEqual({ text: 'b: 1\n' });
    await expect(client.request('config.save', { name: '../out', text: '' })).rejects.toMatchObject({ code: 'bad-input' });
    await expect(client.request('config.read', { path: '/etc/passwd' })).rejects.toMatchObject({ code: 'bad-input' });
    const list = await client.request('config.list', {});
    expect(list[0]).toMatchObject({ name: 'mine', shipped: false });
    expect(list.filter(({ method }) => method === 'distil').map(({ name }) => name)).toEqual(expect.arrayContaining(['distil-58M', 'small/distil-5M', 'demo/student']));
  });

  it('marks runs and finds them again', async () => {
    const { client, start } = await setUp();
    const { runId } = await start('marked');
    await ended(client, runId);
    await client.request('run.update', { runIds: [runId], patch: { tags: ['baseline'], starred: true, notes: 'why' } });
    const only = (filter: object) => client.request('run.list', { kinds: ['train'], ...filter }).then(({ rows }) => rows.map(({ id }) => id));
    expect(await only({ starred: true })).toEqual([runId]);
    expect(await only({ search: 'baseline' })).toEqual([runId]);
    await client.request('run.update', { runIds: [runId], patch: { archived: true } });
    expect(await only({})).toEqual([]);
    expect(await only({ archived: true })).toEqual([runId]);
    await expect(client.request('run.update', { runIds: [runId, 'nobody'], patch: { archived: false } })).rejects.toMatchObject({ code: 'not-found' });
    expect(await only({ archived: true })).toEqual([runId]);
    const detail = await client.request('run.get', { run: runId });
    expect(detail.versions).toMatchObject({ cria: expect.any(String) as string, node: process.versions.node, tensorflow: expect.stringMatching(/^\d/) as string });
    expect(detail.device).toMatch(/threads$/);
    const samples = await client.request('run.samples', { runId });
    expect(samples).toMatchObject([{ step: 2, prompt: 'Once upon a time' }]);
    expect(await client.request('run.checkpoints', { runId })).toMatchObject([{ step: 2, best: true }]);
  });

  it('holds the queue, orders it, pauses what waits and lets it go on', async () => {
    const { client, start } = await setUp();
    await client.request('queue.hold', { held: true });
    const [a, b, c] = [(await start('a')).runId, (await start('b')).runId, (await start('c')).runId];
    await client.request('queue.move', { runId: c, before: a });
    expect((await client.request('engine.info', {})).waiting).toEqual([c, a, b]);
    await client.request('queue.move', { runId: c, before: null });
    expect((await client.request('engine.info', {})).waiting).toEqual([a, b, c]);
    await client.request('run.pause', { runId: b });
    expect(await client.request('run.get', { run: b })).toMatchObject({ state: 'paused', error: null });
    await client.request('queue.hold', { held: false });
    expect((await ended(client, a)).state).toBe('done');
    await client.request('run.resume', { run: b });
    expect((await ended(client, c)).state).toBe('done');
    while ((await client.request('run.get', { run: b })).state !== 'done') await new Promise((resolve_) => setTimeout(resolve_, 30));
    await expect(client.request('queue.move', { runId: b, before: null })).rejects.toMatchObject({ code: 'bad-request' });
  });

  it('starts what someone waits for at once, whatever else runs', async () => {
    const { root, client, start } = await setUp();
    const { runId: first } = await start('model');
    await ended(client, first);
    const { runId: long } = await client.request('run.start', { configFile: writeConfig(root, 'long', '  max_steps: 100000\n'), workingFolder: root, overrides: [], method: 'train' });
    const tokens: string[] = [];
    client.on('run.generated', ({ token }) => tokens.push(token.text));
    const { runId } = await client.request('model.generate', { model: 'model', prompt: 'the lamb', maxTokens: 5 });
    const run = await ended(client, runId);
    expect(run).toMatchObject({ state: 'done', result: { text: tokens.join('') } });
    expect((await client.request('run.get', { run: long })).state).toBe('running');
    await client.request('run.pause', { runId: long });
    while ((await client.request('run.get', { run: long })).state === 'running') await new Promise((resolve_) => setTimeout(resolve_, 30));
    expect((await client.request('run.get', { run: long })).state).toBe('paused');
  });

  it('lists corpora with what cleaned them, tries tokenizers, browses folders', async () => {
    const { root, client } = await setUp();
    mkdirSync(join(root, 'raw'));
    writeFileSync(join(root, 'raw', 'aochildes.train'), 'hello there .\n');
    const { runId } = await client.request('corpus.import', { source: join(root, 'raw'), name: 'mine' });
    expect((await ended(client, runId)).state).toBe('done');
    expect(await client.request('corpus.list', {})).toMatchObject([{ name: 'mine', runId, cleanedFrom: join(root, 'raw'), words: 2 }]);
    await expect(client.request('corpus.import', { source: join(root, 'raw'), name: 'mine' })).rejects.toMatchObject({ code: 'exists' });
    await expect(client.request('corpus.import', { source: join(root, 'raw'), name: '../x' })).rejects.toMatchObject({ code: 'bad-input' });
    const { tokens } = await client.request('tokenizer.try', { tokenizer: join(root, 'tokenizer.json'), text: 'the lamb' });
    expect(tokens.map(({ text }) => text).join('')).toBe('the lamb');
    const here = await client.request('files.browse', { folder: root });
    expect(here.entries.map(({ name }) => name)).toEqual(expect.arrayContaining(['corpus', 'raw', 'tokenizer.json', 'workspace']));
    expect(here.parent).toBe(resolve(root, '..'));
  });
});
