/**
 * What a package holds, and that it works as far as that can be seen without an Electron to put around it: electron-builder packs the
 * Linux folder with an empty file in Electron's place; the archive, what lies beside it, its engine, a training run and its set-up are real.
 */
import { spawn, spawnSync, type ChildProcess } from 'node:child_process';
import { chmodSync, existsSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, relative, resolve } from 'node:path';
import { createInterface } from 'node:readline';
import { pathToFileURL } from 'node:url';
import { extractFile, listPackage } from '@electron/asar';
import { FuseV1Options } from '@electron/fuses';
import { build, Platform, type Configuration } from 'electron-builder';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { parse } from 'yaml';
import { connect } from '../../src/main/transport/socket.ts';
import { createClient } from '../../src/shared/protocol.ts';
import { findLibrary } from '../../src/main/tensorflow/library.ts';
import { ended, writeConfig, writeCorpus } from '../e2e/support.ts';

const project = resolve(import.meta.dirname, '../..');
const config = parse(readFileSync(join(project, 'electron-builder.yml'), 'utf8')) as Configuration;

describe('the configuration of packages', () => {
  it('switches off every way to run other code in the app', () => {
    expect(config.electronFuses).toEqual({
      runAsNode: false,
      enableCookieEncryption: true,
      enableNodeOptionsEnvironmentVariable: false,
      enableNodeCliInspectArguments: false,
      enableEmbeddedAsarIntegrityValidation: true,
      onlyLoadAppFromAsar: true,
      loadBrowserProcessSpecificV8Snapshot: false,
      grantFileProtocolExtraPrivileges: false,
    });
    const known = Object.keys(FuseV1Options).map((name) => name.toLowerCase());
    for (const name of Object.keys(config.electronFuses!)) expect(known).toContain(name.toLowerCase());
  });

  it('names targets for three systems, and icons that are there and of the sizes they claim', () => {
    expect([config.linux!.target, config.win!.target, config.mac!.target]).toEqual([['AppImage', 'deb'], ['nsis'], ['dmg']]);
    const pngSize = (png: Buffer) => [png.readUInt32BE(16), png.readUInt32BE(20)];
    const folder = join(project, config.linux!.icon!);
    for (const name of readdirSync(folder)) expect(`${pngSize(readFileSync(join(folder, name))).join('x')}.png`).toBe(name);
    expect(readdirSync(folder)).toContain('512x512.png');

    const ico = readFileSync(join(project, config.win!.icon!));
    const entries = Array.from({ length: ico.readUInt16LE(4) }, (_, i) => ico.subarray(6 + 16 * i));
    for (const entry of entries) expect(pngSize(ico.subarray(entry.readUInt32LE(12)))).toEqual([entry[0] || 256, entry[1] || 256]);
    expect(entries.map((entry) => entry[0] || 256)).toContain(256);

    const icns = readFileSync(join(project, config.mac!.icon as string));
    expect([icns.toString('latin1', 0, 4), icns.readUInt32BE(4)]).toEqual(['icns', icns.length]);
    const sizes: number[] = [];
    for (let at = 8; at < icns.length; at += icns.readUInt32BE(at + 4)) sizes.push(pngSize(icns.subarray(at + 8))[0]!);
    expect(sizes).toContain(1024);
  });
});

describe.runIf(process.platform === 'linux')('a packed folder', () => {
  // Outside the project, so that nothing is found in the project's own node_modules.
  const root = mkdtempSync(join(tmpdir(), 'cria-packaging-'));
  const resources = join(root, 'packed', 'linux-unpacked', 'resources');
  const archive = join(resources, 'app.asar');
  const beside = `${archive}.unpacked`;

  beforeAll(async () => {
    const electron = join(root, 'electron');
    mkdirSync(electron);
    writeFileSync(join(electron, 'electron'), '');
    chmodSync(join(electron, 'electron'), 0o755);
    await build({
      projectDir: project,
      targets: Platform.LINUX.createTarget('dir'),
      publish: 'never',
      // Beside what the file says. Fuses are bits in Electron's program, which is not there.
      config: { electronFuses: null, electronDist: electron, directories: { output: join(root, 'packed') } },
    });
  }, 600_000);
  afterAll(() => rmSync(root, { recursive: true, force: true }));

  /** Paths in the archive, those that only name a file beside it included. */
  const packed = () => listPackage(archive, { isPack: false }).map((path) => path.slice(1));
  const unpacked = () => readdirSync(beside, { recursive: true, withFileTypes: true }).filter((entry) => entry.isFile()).map((entry) => relative(beside, join(entry.parentPath, entry.name)));

  it('has the shell, both preload scripts and the renderer in its archive', () => {
    const files = new Set(packed());
    for (const file of ['package.json', 'out/main/index.js', 'out/preload/index.cjs', 'out/preload/setup.cjs', 'out/renderer/index.html', 'out/renderer/setup.html']) expect(files).toContain(file);
    const { main } = JSON.parse(extractFile(archive, 'package.json').toString()) as { main: string };
    expect(files).toContain(main);
    for (const page of ['index.html', 'setup.html']) {
      const html = extractFile(archive, `out/renderer/${page}`).toString();
      const named = [...html.matchAll(/(?:src|href)="\.\/([^"]+)"/g)].map(([, path]) => `out/renderer/${path}`);
      expect(named.length).toBeGreaterThan(1);
      for (const path of named) expect(files).toContain(path);
    }
  });

  it('has beside it what plain Node runs and what set-up needs, and none of it only in the archive', () => {
    const files = new Set(unpacked());
    const wanted = ['package.json', 'out/main/engineProcess.js', 'out/main/job.js', 'config/small/llama-9M.yaml', 'resources/demo/grammar.yaml', 'scripts/setup/app.mjs', 'scripts/setup/wheel.py',
      'node_modules/@tensorflow/tfjs-node-gpu/binding/tfjs_binding.cc', 'node_modules/node-api-headers/include/node_api.h'];
    for (const file of wanted) expect(files).toContain(file);
    expect([...files].filter((file) => file.endsWith('.node') && /better-sqlite3|tokenizers/.test(file)).length).toBeGreaterThanOrEqual(2);
    const needed = packed().filter((path) => /^(out\/main|config|scripts|node_modules)\/.*\.\w+$/.test(path));
    expect(needed.filter((path) => !existsSync(join(beside, path)))).toEqual([]);
  });

  it('has no sources, tests, maps, or packages that the renderer\'s build holds already', () => {
    const files = [...packed(), ...unpacked()];
    expect(files.filter((file) => /^(src|tests|bench|\.git|\.ci)\/|\.map$|^node_modules\/(echarts|vue|@codemirror|@lucide|vite|typescript|electron|playwright)\//.test(file))).toEqual([]);
  });

  describe('run by plain Node', () => {
    let engine: ChildProcess;
    afterAll(async () => {
      if (!engine || engine.exitCode !== null) return;
      const gone = new Promise((settle) => engine.once('exit', settle));
      engine.stdin!.end();
      await gone;
    });

    it('starts its engine, which makes the demo\'s corpus, trains a tokenizer and a model', async () => {
      engine = spawn(process.execPath, ['--disable-warning=ExperimentalWarning', join(beside, 'out/main/engineProcess.js'), join(root, 'workspace')], { cwd: root, stdio: ['pipe', 'pipe', 'inherit'] });
      const [line] = await new Promise<string[]>((settle, fail) => {
        createInterface({ input: engine.stdout! }).once('line', (text) => settle([text]));
        engine.once('exit', (code) => fail(new Error(`the engine ended with ${code}`)));
      });
      const client = createClient(await connect((JSON.parse(line!) as { address: string }).address));
      const state = async ({ runId }: { runId: string }) => {
        const run = await ended(client, runId);
        return run.error?.message ?? run.state;
      };
      expect((await client.request('config.list', {})).map(({ name }) => name)).toContain('small/llama-9M');
      expect(await state(await client.request('demo.makeCorpus', { output: join(root, 'demo'), seed: 1, words: 4000 }))).toBe('done');
      writeCorpus(join(root, 'corpus'));
      expect(await state(await client.request('tokenizer.train', { inputs: [join(root, 'corpus')], output: join(root, 'tokenizer.json'), vocabSize: 300 }))).toBe('done');
      expect(await state(await client.request('run.start', { configFile: writeConfig(root, 'packed', '  max_steps: 4\n'), workingFolder: root, overrides: [], method: 'train' }))).toBe('done');
      client.close();
    });

    it('sets itself up: compiles the binding and checks it, in a cache that is empty', () => {
      const cache = join(root, 'cache');
      const script = `
        const app = await import(${JSON.stringify(pathToFileURL(join(beside, 'scripts/setup/app.mjs')).href)});
        const steps = [];
        const before = app.isPrepared();
        await app.prepare({ say: () => {}, onStep: (step, state) => steps.push(app.names[step] + ' ' + state) });
        console.log(JSON.stringify({ before, after: app.isPrepared(), steps, node: app.nodePath() }));`;
      const { stdout, stderr } = spawnSync(process.execPath, ['--input-type=module', '--eval', script], { cwd: root, encoding: 'utf8', env: { ...process.env, CRIA_CACHE: cache, CRIA_TENSORFLOW: findLibrary().library } });
      expect(stderr).toBe('');
      const said = JSON.parse(stdout) as { before: boolean; after: boolean; steps: string[]; node: string };
      expect(said).toMatchObject({ before: false, after: true, node: process.execPath });
      expect(said.steps).toEqual(['Node 24 done', 'TensorFlow 2.21.0 done', 'Binding to TensorFlow running', 'Binding to TensorFlow done', 'Check of TensorFlow running', 'Check of TensorFlow done']);
      expect(existsSync(join(cache, 'tensorflow.json'))).toBe(true);
    }, 600_000); // A compiler on a busy machine.
  });
});
