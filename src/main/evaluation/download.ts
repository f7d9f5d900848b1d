/**
 * Fetching a suite from where its authors publish it. Only when asked for (`--download`).
 *
 * BLiMP: the raw files of its repository at a fixed commit. The challenge's filtered sets: its OSF project, walked by folder name through
 * OSF's public API, which gives a SHA-256 for each file. Both file by file, so that an interrupted download goes on where it was.
 */
import { existsSync, mkdirSync, renameSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { CriaError } from '../../shared/errors.ts';
import { writeJsonAtomic } from '../disk/atomic.ts';
import { sha256File } from '../disk/hash.ts';
import type { FetchOptions } from '../network/origin.ts';
import { findOsfFiles } from '../network/osf.ts';
import { fetchResumable } from '../network/resume.ts';
import { loadPairs } from './pairs.ts';
import { findSuite } from './suites.ts';
import type { Suite } from './suites/suite.ts';

/** Where the data is published. Tests put a server of their own here. */
export interface Origins {
  /** Folder of BLiMP's files at a fixed commit. */
  blimp: string;
  /** First page of the root folder of the challenge's OSF project. */
  osf: string;
}

export const ORIGINS: Origins = {
  blimp: 'https://raw.githubusercontent.com/alexwarstadt/blimp/3e56b06fcabca9b30822fc66435fca6b1aa40bb1/data/',
  osf: 'https://api.osf.io/v2/nodes/ad7qg/files/osfstorage/?page[size]=100',
};

export interface DownloadOptions extends FetchOptions {
  origins?: Origins;
  onProgress?: (done: number, total: number, detail: string) => void;
}

/** Suites whose files lie open, one a subtask. GLUE's are the larger part of a download and licensed one by one; EWoK is gated. */
const DOWNLOADABLE: readonly string[] = ['blimp', 'supplement', 'blimp-full'];

interface RemoteFile {
  name: string;
  url: string;
  sha256: string | null;
}

/**
 * Downloads a suite into a data folder, where `locateSuite` finds it. Files that are there and whole are kept; a file is only put in its
 * place when its checksum (where the origin gives one) and its number of pairs are right.
 *
 * @param dataFolder e.g. the workspace's data folder
 * @returns the suite's folder
 * @throws CriaError `bad-input` for a suite that cannot be downloaded or a file that came damaged, `not-found` when the origin cannot be
 *   reached or lacks a file, `cancelled`
 */
export async function downloadSuite(name: string, dataFolder: string, options: DownloadOptions = {}): Promise<string> {
  const suite = findSuite(name);
  const origins = options.origins ?? ORIGINS;
  if (!DOWNLOADABLE.includes(name) || suite.subtasks === null) throw new CriaError('bad-input', `${suite.title} cannot be downloaded.`, suite.howToGet);
  const folder = join(dataFolder, suite.source.folders[0]!);
  mkdirSync(folder, { recursive: true, mode: 0o700 });
  const files = suite.name === 'blimp-full'
    ? suite.subtasks.map((subtask): RemoteFile => ({ name: `${subtask.name}.jsonl`, url: `${origins.blimp}${subtask.name}.jsonl`, sha256: null }))
    : await findOsfFiles(origins.osf, ['evaluation_data', suite.source.folders[0]!], suite.subtasks.map((subtask) => `${subtask.name}.jsonl`), options);
  const record: Record<string, { url: string; sha256: string }> = {};
  let done = 0;
  for (const file of files) {
    options.onProgress?.(done, files.length, file.name);
    const path = join(folder, file.name);
    if (!(await isWhole(path, file, suite))) await fetchFile(path, file, suite, options);
    record[file.name] = { url: file.url, sha256: await sha256File(path) };
    options.onProgress?.(++done, files.length, file.name);
  }
  writeJsonAtomic(join(folder, 'SOURCE.json'), { suite: suite.name, version: suite.version, files: record });
  return folder;
}

async function isWhole(path: string, file: RemoteFile, suite: Suite): Promise<boolean> {
  if (!existsSync(path)) return false;
  if (file.sha256 !== null) return (await sha256File(path)) === file.sha256;
  return loadPairs(path).then((pairs) => pairs.length === expectedItems(file, suite), () => false);
}

function expectedItems(file: RemoteFile, suite: Suite): number | undefined {
  return suite.subtasks!.find(({ name }) => `${name}.jsonl` === file.name)?.items;
}

async function fetchFile(path: string, file: RemoteFile, suite: Suite, options: DownloadOptions): Promise<void> {
  const partial = `${path}.part`;
  const sha256 = await fetchResumable(file.url, partial, options);
  const items = expectedItems(file, suite);
  const pairs = await loadPairs(partial).then((list) => list.length, () => -1);
  if ((file.sha256 !== null && sha256 !== file.sha256) || pairs !== items) {
    rmSync(partial, { force: true });
    throw new CriaError('bad-input', file.sha256 !== null && sha256 !== file.sha256
      ? `${file.url} came with checksum ${sha256} instead of ${file.sha256}.`
      : `${file.url} does not hold the ${items} minimal pairs it should.`,
    'The download was damaged or the origin changed. Run the command again; if it stays so, give your own copy with --data.');
  }
  renameSync(partial, path);
}
