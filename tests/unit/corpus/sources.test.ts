/** BabyLM's corpora: recognised in every year's layout, downloaded with resume and checksums, from a server on loopback. */
import { createHash } from 'node:crypto';
import { existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { clean } from '../../../src/main/corpus/clean.ts';
import { downloadCorpus } from '../../../src/main/corpus/downloadCorpus.ts';
import { recogniseCorpora } from '../../../src/main/corpus/layouts.ts';
import type { CorpusOrigins } from '../../../src/main/corpus/sources.ts';
import { fetchResumable } from '../../../src/main/network/resume.ts';
import { RecordingContext, temporaryFolder } from '../../support/jobContext.ts';
import { startOrigin, type OriginServer } from '../../support/originServer.ts';
import { zipOf } from '../../support/zip.ts';

function put(root: string, ...paths: string[]): void {
  for (const path of paths) {
    mkdirSync(dirname(join(root, path)), { recursive: true });
    writeFileSync(join(root, path), `Text of ${path} .\n`);
  }
}

describe('layouts', () => {
  it('of 2023: ten domains, sizes in the folders\' names, the development set beside them', () => {
    const root = temporaryFolder();
    for (const domain of ['aochildes', 'qed', 'wikipedia']) put(root, `babylm_data/babylm_10M/${domain}.train`, `babylm_data/babylm_100M/${domain}.train`, `babylm_data/babylm_dev/${domain}.dev`, `babylm_data/babylm_test/${domain}.test`);
    put(root, '__MACOSX/babylm_data/babylm_10M/._qed.train');
    const found = recogniseCorpora(root);
    expect(found.map(({ title }) => title)).toEqual(['BabyLM 2023, 10M words (babylm_data/babylm_10M)', 'BabyLM 2023, 100M words (babylm_data/babylm_100M)']);
    expect(found[0]).toMatchObject({ year: '2023', track: '10M' });
    expect(found[0]!.files.map(({ name, domain }) => [name, domain])).toEqual([
      ['aochildes.dev', 'aochildes'], ['aochildes.train', 'aochildes'], ['qed.dev', 'qed'], ['qed.train', 'qed'], ['wikipedia.dev', 'wikipedia'], ['wikipedia.train', 'wikipedia'],
    ]);
  });

  it('of 2024 and 2025: two domains under new names', () => {
    const root = temporaryFolder();
    for (const domain of ['childes', 'simple_wiki', 'switchboard']) put(root, `train_100M/${domain}.train`, `dev/${domain}.dev`);
    const [found] = recogniseCorpora(root);
    expect(found).toMatchObject({ title: 'BabyLM 2024/2025, 100M words (train_100M)', year: '2024/2025', track: '100M' });
    expect(found!.files.find(({ name }) => name === 'simple_wiki.train')!.domain).toBe('simple_wikipedia');
  });

  it('of text files in 10M and dev folders, and of 2026\'s .train.txt', () => {
    const root = temporaryFolder();
    put(root, 'a/10M/aochildes.txt', 'a/dev/aochildes.txt', 'a/README.txt', 'b/childes.train.txt', 'b/simple_wiki.train.txt');
    expect(recogniseCorpora(root).map(({ year, track, files }) => [year, track, files.map(({ name }) => name)])).toEqual([
      ['2023', '10M', ['aochildes.dev', 'aochildes.train']], ['2026', null, ['childes.train', 'simple_wiki.train']],
    ]);
  });

  it('of one\'s own, and says what it looks for where there is nothing', () => {
    const root = temporaryFolder();
    put(root, 'mine/fables.train', 'mine/fables.dev', 'other/LICENSE.txt');
    expect(recogniseCorpora(root)).toMatchObject([{ title: 'mine', year: null, track: null, files: [{ name: 'fables.dev', domain: null }, { name: 'fables.train' }] }]);
    expect(() => recogniseCorpora(join(root, 'other'))).toThrow(/no training text/);
    expect(() => recogniseCorpora(join(root, 'nowhere'))).toThrow(/no folder/);
  });

  it('are cleaned under their domains\' names, training and development text together', async () => {
    const root = temporaryFolder();
    put(root, 'raw/10M/aochildes.txt', 'raw/dev/aochildes.txt');
    const [found] = recogniseCorpora(root);
    const { files } = await clean({ input: found!.folder, output: join(root, 'out'), files: found!.files.map(({ path, name }) => ({ path, name })) }, new RecordingContext());
    expect(files.map(({ domain }) => domain)).toEqual(['aochildes', 'aochildes']);
    // The rule of aochildes: no space before a full stop.
    expect(readFileSync(join(root, 'out', 'aochildes.train'), 'utf8')).toBe('Text of raw/10M/aochildes.txt.\n');
    expect(readFileSync(join(root, 'out', 'aochildes.dev'), 'utf8')).toBe('Text of raw/dev/aochildes.txt.\n');
  });
});

describe('a broken download', () => {
  const sha256 = (bytes: Buffer) => createHash('sha256').update(bytes).digest('hex');
  const body = Buffer.from(Array.from({ length: 5000 }, (_, i) => i % 251));

  it('goes on where it was, and its checksum is the whole file\'s', async () => {
    const origin = await startOrigin();
    const partial = join(temporaryFolder(), 'file.part');
    origin.files.set('/file', { body, etag: '"one"' });
    origin.cut = { path: '/file', after: 2000, into: partial };
    await expect(fetchResumable(`${origin.url}/file`, partial)).rejects.toMatchObject({ code: 'not-found' });
    const seen: [number, number | null][] = [];
    expect(await fetchResumable(`${origin.url}/file`, partial, { onBytes: (done, total) => seen.push([done, total]) })).toBe(sha256(body));
    expect(origin.requests).toEqual(['/file', '/file from 2000']);
    expect(seen.at(-1)).toEqual([5000, 5000]);
    expect(readFileSync(partial).equals(body)).toBe(true);
  });

  it('begins anew when the file has changed in the meantime, and when what lies there is no beginning of it', async () => {
    const origin = await startOrigin();
    const partial = join(temporaryFolder(), 'file.part');
    origin.files.set('/file', { body, etag: '"one"' });
    origin.cut = { path: '/file', after: 2000, into: partial };
    await expect(fetchResumable(`${origin.url}/file`, partial)).rejects.toThrow();
    const changed = Buffer.from(body.toReversed());
    origin.files.set('/file', { body: changed, etag: '"two"' });
    expect(await fetchResumable(`${origin.url}/file`, partial)).toBe(sha256(changed));
    writeFileSync(partial, Buffer.alloc(9000));
    expect(await fetchResumable(`${origin.url}/file`, partial)).toBe(sha256(changed));
    await expect(fetchResumable(`${origin.url}/nothing`, partial)).rejects.toMatchObject({ code: 'not-found', message: expect.stringContaining('404') as string });
  });
});

describe('downloading a corpus', () => {
  /** An OSF project with two archives in text_data. */
  function serveOsf(origin: OriginServer, change: (name: string, body: Buffer) => Buffer = (_, body) => body): CorpusOrigins {
    const archives: Record<string, Buffer> = {
      'train_10M.zip': zipOf({ 'train_10M/childes.train': 'mama look .\n', 'train_10M/simple_wiki.train': `${'A fact. '.repeat(500)}\n`, '__MACOSX/train_10M/._childes.train': 'x' }),
      'dev.zip': zipOf({ 'dev/childes.dev': 'more milk .\n' }),
    };
    const json = (value: unknown) => ({ body: Buffer.from(JSON.stringify(value)) });
    origin.files.set('/root', json({ data: [{ attributes: { name: 'text_data', kind: 'folder' }, relationships: { files: { links: { related: { href: `${origin.url}/text` } } } }, links: {} }], links: { next: null } }));
    origin.files.set('/text', json({
      data: Object.entries(archives).map(([name, body]) => ({ attributes: { name, kind: 'file', extra: { hashes: { sha256: createHash('sha256').update(body).digest('hex') } } }, links: { download: `${origin.url}/get/${name}/` } })),
      links: { next: null },
    }));
    for (const [name, body] of Object.entries(archives)) origin.files.set(`/get/${name}/`, { body: change(name, body), etag: `"${name}"` });
    return { osf: `${origin.url}/root`, archive2023: `${origin.url}/2023.zip` };
  }

  it('resumes, checks and unpacks 2024\'s; once there it asks for nothing', async () => {
    const origin = await startOrigin();
    const origins = serveOsf(origin);
    const output = join(temporaryFolder(), '2024-10M');
    const context = new RecordingContext();
    origin.cut = { path: '/get/train_10M.zip/', after: 100, into: join(output, 'archive-0.zip.part') };
    await expect(downloadCorpus({ source: '2024-10M', output }, context, origins)).rejects.toMatchObject({ code: 'not-found' });
    const { files } = await downloadCorpus({ source: '2024-10M', output }, context, origins);
    expect(origin.requests).toContain('/get/train_10M.zip/ from 100');
    expect(files.sort()).toEqual([join('dev', 'childes.dev'), join('train_10M', 'childes.train'), join('train_10M', 'simple_wiki.train')]);
    expect(readFileSync(join(output, 'train_10M', 'childes.train'), 'utf8')).toBe('mama look .\n');
    expect(existsSync(join(output, 'archive-0.zip'))).toBe(false);
    expect(recogniseCorpora(output)).toMatchObject([{ year: '2024/2025', track: '10M' }]);
    const asked = origin.requests.length;
    await downloadCorpus({ source: '2024-10M', output }, context, origins);
    expect(origin.requests).toHaveLength(asked);
    await expect(downloadCorpus({ source: '2024-100M', output }, context, origins)).rejects.toMatchObject({ code: 'exists' });
  });

  it('refuses what came damaged, by the origin\'s checksum or the archive\'s own', async () => {
    const origin = await startOrigin();
    const flip = (body: Buffer) => {
      const bad = Buffer.from(body);
      bad[64]! ^= 1; // In 2023's, behind the header and the name: the packed text.
      return bad;
    };
    const output = join(temporaryFolder(), 'x');
    const origins = serveOsf(origin, (name, body) => (name === 'dev.zip' ? flip(body) : body));
    await expect(downloadCorpus({ source: '2024-10M', output }, new RecordingContext(), origins)).rejects.toMatchObject({ code: 'bad-input', message: expect.stringContaining('checksum') as string });
    // What was whole stays, and is not fetched again.
    serveOsf(origin);
    origin.requests.length = 0;
    await downloadCorpus({ source: '2024-10M', output }, new RecordingContext(), origins);
    expect(origin.requests.filter((request) => request.includes('/get/'))).toEqual(['/get/dev.zip/']);

    origin.files.set('/2023.zip', { body: flip(zipOf({ 'babylm_data/babylm_10M/qed.train': 'abc '.repeat(50) })) });
    await expect(downloadCorpus({ source: '2023-10M', output: join(output, '..', 'y') }, new RecordingContext(), origins)).rejects.toMatchObject({ code: 'bad-input' });
  });

  it('refuses an archive that reaches outside, and keeps nothing of it', async () => {
    const origin = await startOrigin();
    origin.files.set('/2023.zip', { body: zipOf({ 'babylm_10M/../../../escape.train': 'no' }) });
    const root = temporaryFolder();
    await expect(downloadCorpus({ source: '2023-10M', output: join(root, 'in', 'x') }, new RecordingContext(), { osf: '', archive2023: `${origin.url}/2023.zip` })).rejects.toMatchObject({ code: 'bad-input' });
    expect(existsSync(join(root, 'escape.train'))).toBe(false);
    expect(existsSync(join(root, 'in', 'x', 'archive-0.zip'))).toBe(false);
  });

  it('takes 2023\'s two folders out of its one archive', async () => {
    const origin = await startOrigin();
    origin.files.set('/2023.zip', { body: zipOf({ 'babylm_data/babylm_10M/qed.train': 'a\n', 'babylm_data/babylm_100M/qed.train': 'b\n', 'babylm_data/babylm_dev/qed.dev': 'c\n' }) });
    const output = join(temporaryFolder(), '2023-10M');
    const { files } = await downloadCorpus({ source: '2023-10M', output }, new RecordingContext(), { osf: '', archive2023: `${origin.url}/2023.zip` });
    expect(files.sort()).toEqual([join('babylm_10M', 'qed.train'), join('babylm_dev', 'qed.dev')]);
  });
});
