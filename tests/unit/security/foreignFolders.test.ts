/** Folders from strangers: links to the reader's own files, pipes, and sizes that are meant to fill the memory. */
import { spawnSync } from 'node:child_process';
import { cpSync, existsSync, mkdirSync, readFileSync, renameSync, rmSync, symlinkSync, truncateSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { clean } from '../../../src/main/corpus/clean.ts';
import { SPECIAL_TOKENS } from '../../../src/main/corpus/trainTokenizer.ts';
import { loadTokenizer } from '../../../src/main/corpus/tokenizer.ts';
import { tokenizerJson } from '../../../src/main/corpus/tokenizerFile.ts';
import { loadPairs } from '../../../src/main/evaluation/pairs.ts';
import { importModel } from '../../../src/main/models/importModel.ts';
import { SafetensorsFile } from '../../../src/main/models/safetensors.ts';
import { readRunConfig } from '../../../src/main/config/readRunConfig.ts';
import { saveModelFolder } from '../../../src/main/models/saveModel.ts';
import { Workspace } from '../../../src/main/workspace.ts';
import { RecordingContext, temporaryFolder } from '../../support/jobContext.ts';
import { tinyModel } from '../../support/tinyModels.ts';

/** A good model folder beside a secret, and an import of it. */
async function hostileModel(spoil: (folder: string, secret: string) => void) {
  const root = temporaryFolder();
  const folder = join(root, 'downloads', 'model');
  mkdirSync(join(root, 'downloads'));
  const model = tinyModel('gpt2');
  await saveModelFolder(folder, { config: model.config, tokenizerPath: null, values: (name) => model.parameters.get(name)!.dataSync() as Float32Array });
  model.dispose();
  writeFileSync(join(folder, 'tokenizer.json'), tokenizerJson({ vocab: [...SPECIAL_TOKENS], merges: [] }, SPECIAL_TOKENS));
  const secret = join(root, 'secret.json');
  writeFileSync(secret, '{"auths": {"registry": "my password"}}');
  spoil(folder, secret);
  const workspace = new Workspace(join(root, 'workspace'));
  return { folder, workspace, imported: importModel({ source: folder, name: 'copy' }, new RecordingContext(), workspace) };
}

const link = (target: string, path: string) => {
  rmSync(path, { force: true });
  symlinkSync(target, path);
};

describe('a hostile model folder', () => {
  it.each(['config.json', 'tokenizer.json', 'model.safetensors'])('cannot have another file of the reader\'s copied by a link named %s', async (name) => {
    const { imported, workspace } = await hostileModel((folder, secret) => link(secret, join(folder, name)));
    await expect(imported).rejects.toMatchObject({ code: 'bad-model', message: expect.stringContaining('leads out of its folder') as string });
    expect(existsSync(workspace.modelFolder('copy'))).toBe(false);
  });

  it('cannot pass any JSON for a tokenizer', async () => {
    const { imported, workspace } = await hostileModel((folder, secret) => cpSync(secret, join(folder, 'tokenizer.json')));
    await expect(imported).rejects.toMatchObject({ code: 'bad-model', message: expect.stringContaining('not a tokenizer') as string });
    expect(existsSync(workspace.modelFolder('copy'))).toBe(false);
  });

  it.skipIf(process.platform === 'win32')('cannot make Cria wait at a pipe', async () => {
    const { imported } = await hostileModel((folder) => {
      rmSync(join(folder, 'config.json'));
      expect(spawnSync('mkfifo', [join(folder, 'config.json')]).status).toBe(0);
    });
    await expect(imported).rejects.toMatchObject({ code: 'bad-model', message: expect.stringContaining('not a plain file') as string });
  });

  it('cannot name shards outside of it', async () => {
    for (const shard of ['../../secret.safetensors', '/etc/passwd', '..', 'sub/x.safetensors', '..\\x.safetensors']) {
      const { imported } = await hostileModel((folder) => {
        rmSync(join(folder, 'model.safetensors'));
        writeFileSync(join(folder, 'model.safetensors.index.json'), JSON.stringify({ weight_map: { 'wte.weight': shard } }));
      });
      await expect(imported, shard).rejects.toMatchObject({ code: 'bad-model', message: expect.stringContaining('not a file of that folder') as string });
    }
  });

  it('may be a snapshot of Hugging Face\'s cache, whose files are links into the folder of blobs beside it', async () => {
    const { folder, imported, workspace } = await hostileModel(() => {});
    await imported;
    const repository = join(folder, '..', 'models--me--model');
    mkdirSync(join(repository, 'blobs'), { recursive: true });
    mkdirSync(join(repository, 'snapshots', 'abc'), { recursive: true });
    for (const name of ['config.json', 'tokenizer.json', 'model.safetensors']) {
      renameSync(join(folder, name), join(repository, 'blobs', name));
      symlinkSync(join('..', '..', 'blobs', name), join(repository, 'snapshots', 'abc', name));
    }
    await importModel({ source: join(repository, 'snapshots', 'abc'), name: 'cached' }, new RecordingContext(), workspace);
    expect(readFileSync(join(workspace.modelFolder('cached'), 'model.safetensors')).equals(readFileSync(join(workspace.modelFolder('copy'), 'model.safetensors')))).toBe(true);
  });
});

describe('a hostile corpus', () => {
  it('cannot have another file of the reader\'s cleaned into the workspace by a link', async () => {
    const root = temporaryFolder();
    mkdirSync(join(root, 'corpus'));
    writeFileSync(join(root, 'id_rsa'), 'secret\n');
    link(join(root, 'id_rsa'), join(root, 'corpus', 'children_stories.train'));
    await expect(clean({ input: join(root, 'corpus'), output: join(root, 'out') }, new RecordingContext())).rejects.toMatchObject({ code: 'bad-input', message: expect.stringContaining('leads out of its folder') as string });
    expect(existsSync(join(root, 'out'))).toBe(false);
  });
});

describe('sizes that are meant to fill the memory', () => {
  /** A file that claims that size and takes no room on the disk. */
  const sparse = (name: string, bytes: number, start = '') => {
    const path = join(temporaryFolder(), name);
    writeFileSync(path, start);
    truncateSync(path, bytes);
    return path;
  };
  const GIGABYTE = 2 ** 30;

  it('are refused before anything is read', async () => {
    const used = process.memoryUsage.rss();
    const prefix = Buffer.alloc(8);
    for (const claimed of [2n ** 60n, 2n ** 63n, BigInt(GIGABYTE)]) {
      prefix.writeBigUInt64LE(claimed);
      const path = sparse('x.safetensors', claimed === BigInt(GIGABYTE) ? GIGABYTE + 8 : 100);
      writeFileSync(path, prefix, { flag: 'r+' });
      expect(() => new SafetensorsFile(path), String(claimed)).toThrow(/claims|over the format's limit/);
    }
    await expect(loadTokenizer(sparse('tokenizer.json', 4 * GIGABYTE))).rejects.toMatchObject({ code: 'bad-input' });
    expect(() => readRunConfig(sparse('config.yaml', 4 * GIGABYTE), { searchFolders: [] })).toThrow(/no config/);
    // One line of a gigabyte: read no further than the longest line that is allowed.
    await expect(loadPairs(sparse('pairs.jsonl', GIGABYTE, '{"sentence_good": "'))).rejects.toMatchObject({ code: 'bad-input', message: expect.stringContaining('is longer than') as string });
    expect(process.memoryUsage.rss() - used).toBeLessThan(256 * 2 ** 20);
  });

  it('of YAML aliases are refused', () => {
    // Each line ten times the one before: 10^9 values if they were written out.
    const lines = Array.from({ length: 9 }, (_, i) => `  a${i}: &a${i} [${Array(10).fill(i === 0 ? 'x' : `*a${i - 1}`).join(', ')}]`);
    const path = join(temporaryFolder(), 'bomb.yaml');
    writeFileSync(path, `data:\n${lines.join('\n')}\n`);
    expect(() => readRunConfig(path, { searchFolders: [] })).toThrow(/aliases/i);
  });
});
