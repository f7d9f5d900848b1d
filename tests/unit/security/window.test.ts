/** What a page under somebody else's command can do through the contract: the exploits, each through the whole way from socket to handler. */
import { chmodSync, existsSync, mkdirSync, readdirSync, statSync, symlinkSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { z } from 'zod';
import { REQUESTS, type InputOf, type Method } from '../../../src/shared/contract.ts';
import { absolutePath, modelReference } from '../../../src/shared/contract/common.ts';
import { channelPair, createClient, type Channel, type EngineClient } from '../../../src/shared/protocol.ts';
import { relayWindow } from '../../../src/main/transport/relay.ts';
import { connect } from '../../../src/main/transport/socket.ts';
import { ended, openEngine, writeConfig, writeCorpus } from '../../e2e/support.ts';
import { temporaryFolder } from '../../support/jobContext.ts';

let root: string;
let opened: Awaited<ReturnType<typeof openEngine>>;
let page: EngineClient;
let pageEnd: Channel;
let choose: (folder: string) => void;

beforeEach(async () => {
  root = temporaryFolder();
  opened = await openEngine(root);
  const [ours, theirs] = channelPair();
  pageEnd = ours;
  page = createClient(ours);
  choose = relayWindow(theirs, connect(opened.engine.address), []);
});
afterEach(() => opened.engine.close());

const refused = { code: 'not-allowed' };

/** Where in the parameters of a request a path or a path-like reference stands. */
function pathsIn(schema: z.ZodType, at: string[] = []): string[][] {
  if (schema === absolutePath || schema === modelReference) return [at];
  if (schema instanceof z.ZodObject) return Object.entries(schema.shape as Record<string, z.ZodType>).flatMap(([key, part]) => pathsIn(part, [...at, key]));
  if (schema instanceof z.ZodRecord) return pathsIn(schema.valueType as z.ZodType, [...at, 'blimp']);
  if (schema instanceof z.ZodArray) return pathsIn(schema.element as z.ZodType, [...at, '0']);
  if (schema instanceof z.ZodNullable || schema instanceof z.ZodOptional || schema instanceof z.ZodDefault) return pathsIn(schema.unwrap() as z.ZodType, at);
  return [];
}

/** Puts a value where the keys lead; what is not on the way yet is made. */
function put(into: Record<string, unknown>, [key, ...rest]: readonly string[], value: unknown): void {
  if (!rest.length) {
    into[key!] = value;
    return;
  }
  into[key!] ??= rest[0] === '0' ? [] : {};
  put(into[key!] as Record<string, unknown>, rest, value);
}

/** Parameters of each request that names paths, right but for the path under test. */
const VALID: { [M in Method]?: object } = {
  'config.read': { path: '' },
  'corpus.clean': { input: '', output: '' },
  'corpus.import': { source: '', name: 'new', files: [{ path: '', name: 'a.train' }] },
  'corpus.recognise': { folder: '' },
  'corpus.mix': { name: 'mixed', parts: [{ path: '', name: 'a.train', share: 1 }], track: 'none', words: 10 },
  'exchange.find': { path: '' },
  'exchange.import': { sources: [{ tool: 'csv', paths: [''], part: null, name: 'x' }] },
  'exchange.export': { runs: ['run'], format: 'csv', output: '' },
  'lab.inspect': { models: ['model'], text: 'x' },
  'corpus.encode': { input: '', tokenizer: '', addPrefixSpace: null, output: '' },
  'demo.makeCorpus': { output: '', seed: 1, words: 2000 },
  'tokenizer.train': { inputs: [''], output: '' },
  'tokenizer.try': { tokenizer: '', text: 'x' },
  'run.start': { configFile: '', workingFolder: '', overrides: [], method: 'train' },
  'evaluation.start': { models: ['model'], suites: ['demo'], data: null, out: null },
  'submission.check': { model: 'model' },
  'submission.write': { model: 'model', output: '' },
  'evaluation.score': { model: 'model', pairs: '' },
  'evaluation.suites': { data: '' },
  'model.import': { source: '', name: 'new' },
  'model.export': { model: 'model', output: '' },
  'model.generate': { model: 'model', prompt: '' },
  'files.browse': { folder: '' },
};
/** A folder in which relative paths are looked for, and a name to save under, reach nothing by themselves: what is found by them is checked. */
const HARMLESS = new Set(['run.start workingFolder', 'config.check path']);

describe('a page under somebody else\'s command', () => {
  it('gets at no path outside of the workspace by any request that takes one', async () => {
    const { workspace } = opened;
    // A model, so that references by name are right and only the path under test is not.
    mkdirSync(workspace.modelFolder('model'));
    writeFileSync(join(workspace.modelFolder('model'), 'config.json'), '{}');
    const outside = join(root, 'outside');
    mkdirSync(outside);
    writeFileSync(join(outside, 'secret.yaml'), 'a: secret\n');
    const inside = join(workspace.corpora, 'new');
    const tried: string[] = [];
    for (const method of Object.keys(REQUESTS) as Method[]) {
      for (const at of pathsIn(REQUESTS[method].params)) {
        const name = `${method} ${at.join('.')}`;
        if (HARMLESS.has(name)) continue;
        const valid = VALID[method];
        expect(valid, `${name} takes a path; say how it is called`).toBeDefined();
        // All other paths lie in the workspace, so that it is this one that is refused.
        const params = structuredClone(valid) as Record<string, unknown>;
        const fill = (value: unknown): unknown => (value === '' ? inside : typeof value === 'object' && value !== null ? fillAll(value) : value);
        const fillAll = (value: object): object => (Array.isArray(value) ? value.map(fill) : Object.fromEntries(Object.entries(value).map(([key, part]) => [key, fill(part)])));
        for (const key of Object.keys(params)) params[key] = key === 'text' || key === 'prompt' ? 'x' : fill(params[key]);
        for (const target of [join(outside, 'secret.yaml'), outside, join(outside, 'new'), `${workspace.root}/../outside/secret.yaml`, `${workspace.root}-sibling/x`]) {
          put(params, at, target);
          await expect(page.request(method, params as InputOf<typeof method>), `${name} = ${target}`).rejects.toMatchObject(refused);
        }
        tried.push(name);
      }
    }
    expect(tried.length).toBeGreaterThan(15);
    await expect(page.request('evaluation.start', { models: ['model'], suites: [`pairs:${outside}/secret.yaml`], data: null, out: null })).rejects.toMatchObject(refused);
    expect(readdirSync(outside)).toEqual(['secret.yaml']);
    // The user at a terminal is asked by nobody but the system.
    expect(await opened.client.request('config.read', { path: join(outside, 'secret.yaml') })).toEqual({ text: 'a: secret\n' });
  });

  it('learns nothing of files outside by a config, not even whether they exist', async () => {
    writeCorpus(join(root, 'there'));
    const text = (path: string) => `data:\n  tokenizer_path: ${path}\n  train_path: ${path}\n  eval_path: ${path}\n  seq_length: 8\nmodel:\n  type: GPT2\n  name: thief\n  hidden_size: 8\n  n_layer: 1\n  n_head: 1\ntraining:\n  lr: 1\n  batch_size: 1\n  num_epochs: 1\n`;
    const told = async (path: string) => (await page.request('config.check', { text: text(path), path: null }));
    const [there, missing] = [await told(join(root, 'there')), await told(join(root, 'gone'))];
    expect(there.problems.map(({ message }) => message.replaceAll('/there,', '/gone,'))).toEqual(missing.problems.map(({ message }) => message));
    expect(there.estimate).toBeNull();
    const start = (configText: string) => page.request('run.start', { configFile: join(opened.workspace.root, 'x.yaml'), configText, workingFolder: opened.workspace.root, overrides: [], method: 'train' });
    await expect(start(text(join(root, 'there')))).rejects.toMatchObject(refused);
    await expect(start(text('../there'))).rejects.toMatchObject(refused);
    await expect(page.request('run.start', { configFile: writeConfig(root, 'own', ''), workingFolder: root, overrides: [], method: 'train' })).rejects.toMatchObject(refused);
  });

  it('cannot choose folders for itself, nor pose as the user', async () => {
    const outside = join(root, 'a.yaml');
    writeFileSync(outside, 'a: 1\n');
    pageEnd.send({ window: { folders: [root] } });
    pageEnd.send({ id: 1e6, method: 'engine.info', params: {}, window: { folders: [root] } });
    await expect(page.request('config.read', { path: outside })).rejects.toMatchObject(refused);
    choose(root);
    expect(await page.request('config.read', { path: outside })).toEqual({ text: 'a: 1\n' });
  });

  it('is not led out of a chosen folder by a link, nor into hidden folders', async () => {
    const chosen = join(root, 'chosen');
    mkdirSync(join(chosen, '.ssh'), { recursive: true });
    writeFileSync(join(root, 'secret.yaml'), 'secret\n');
    writeFileSync(join(chosen, '.ssh', 'key.yaml'), 'secret\n');
    symlinkSync(join(root, 'secret.yaml'), join(chosen, 'link.yaml'));
    symlinkSync(join(root, 'made-by-link'), join(chosen, 'dangling'));
    choose(chosen);
    await expect(page.request('config.read', { path: join(chosen, 'link.yaml') })).rejects.toMatchObject(refused);
    await expect(page.request('config.read', { path: join(chosen, '.ssh', 'key.yaml') })).rejects.toMatchObject(refused);
    await expect(page.request('demo.makeCorpus', { output: join(chosen, 'dangling'), seed: 1, words: 2000 })).rejects.toMatchObject(refused);
    await expect(page.request('files.browse', { folder: root })).rejects.toMatchObject(refused);
    const { parent, entries } = await page.request('files.browse', { folder: chosen });
    expect([parent, entries.map(({ name }) => name)]).toEqual([null, ['link.yaml']]);
    expect((await page.request('files.browse', { folder: null })).places.map(({ folder }) => folder)).toContain(chosen);
  });

  it('writes over nothing, in the workspace neither', async () => {
    const { workspace } = opened;
    const chosen = join(root, 'chosen');
    mkdirSync(chosen);
    writeFileSync(join(chosen, 'notes.txt'), 'mine');
    choose(chosen);
    const encode = (output: string) => page.request('corpus.encode', { input: join(chosen, 'notes.txt'), tokenizer: join(chosen, 'notes.txt'), addPrefixSpace: null, output });
    await expect(encode(join(chosen, 'notes.txt'))).rejects.toMatchObject({ code: 'exists' });
    for (const own of ['cria.db', 'host.key', 'engine.lock', 'runs/x/metrics.jsonl', 'models/m/model.safetensors']) {
      await expect(encode(join(workspace.root, own)), own).rejects.toMatchObject(refused);
    }
    const { runId } = await page.request('tokenizer.train', { inputs: [join(chosen, 'notes.txt')], output: join(chosen, 'new.json'), vocabSize: 300, minFrequency: 1 });
    expect((await ended(opened.client, runId)).state).toBe('done');
    expect(existsSync(join(chosen, 'new.json'))).toBe(true);
  });
});

describe('other users of the machine', () => {
  it('can read nothing that Cria writes, whatever the mask allows', async () => {
    const before = process.umask(0);
    try {
      const { client, workspace } = opened;
      writeCorpus(join(root, 'corpus'));
      const done = async ({ runId }: { runId: string }) => expect((await ended(client, runId)).error).toBeNull();
      await done(await client.request('corpus.import', { source: join(root, 'corpus'), name: 'mine' }));
      await done(await client.request('tokenizer.train', { inputs: [join(root, 'corpus')], output: join(root, 'workspace', 'tokenizers', 't.json'), vocabSize: 300 }));
      await done(await client.request('demo.makeCorpus', { output: join(workspace.corpora, 'demo'), seed: 1, words: 2000 }));
      const training = writeConfig(root, 'small', '  max_steps: 2\n');
      await done(await client.request('run.start', { configFile: training, workingFolder: root, overrides: [['data.tokenizer_path', join(workspace.tokenizers, 't.json')], ['data.seq_length', '32']], method: 'train' }));
      await done(await client.request('evaluation.start', { models: ['small'], suites: ['demo'], data: join(workspace.corpora, 'demo', 'pairs'), out: join(workspace.data, 'out') }));
      await client.request('config.save', { name: 'mine', text: 'a: 1\n' });
      const open = [workspace.root, ...readdirSync(workspace.root, { recursive: true, encoding: 'utf8' }).map((path) => join(workspace.root, path))].filter((path) => statSync(path).mode & 0o077);
      expect(open).toEqual([]);
      expect(statSync(workspace.database).mode & 0o777).toBe(0o600);
    } finally {
      process.umask(before);
    }
  });

  it('are shut out of a workspace that an earlier Cria left open', async () => {
    const { workspace, engine } = opened;
    await engine.close();
    for (const path of [workspace.models, workspace.runs]) chmodSync(path, 0o755);
    chmodSync(workspace.database, 0o644);
    opened = await openEngine(root);
    expect([workspace.models, workspace.runs, workspace.database].map((path) => statSync(path).mode & 0o077)).toEqual([0, 0, 0]);
  });
});
