/**
 * The forms in which BabyLM corpora come. 2023: babylm_10M, babylm_100M, babylm_dev, babylm_test, ten domains as <domain>.train. 2024 and
 * 2025 (the same data): train_10M, train_100M, dev, test, six domains, two of them renamed. 2026: <domain>.train.txt.
 */
import { readdirSync, statSync, type Dirent } from 'node:fs';
import { basename, dirname, join, resolve } from 'node:path';
import { CriaError } from '../../shared/errors.ts';
import type { RawCorpus } from '../../shared/results.ts';
import { domainOf } from './domains.ts';

type Split = 'train' | 'dev' | 'test';

const MAX_DEPTH = 4;
/** Domains that only the first year had, and names that only later years use. */
const ONLY_2023 = ['aochildes', 'cbt', 'children_stories', 'qed', 'simple_wikipedia', 'wikipedia'];
const SINCE_2024 = ['childes', 'simple_wiki'];

interface TextFile {
  path: string;
  /** File name without its endings: the domain. */
  stem: string;
  /** null when the name does not say. */
  split: Split | null;
  isTxt: boolean;
}

/**
 * The corpora below a folder: each training folder with the development set that lies beside it. Test sets are left where they are, as
 * nothing may be trained or chosen on them.
 * @throws CriaError `not-found` when there is no folder or no text in it
 */
export function recogniseCorpora(folder: string): RawCorpus[] {
  const root = resolve(folder);
  if (!statSync(root, { throwIfNoEntry: false })?.isDirectory()) throw new CriaError('not-found', `There is no folder ${root}.`, 'Choose the folder that the data was unpacked into.');
  const folders = new Map<string, TextFile[]>();
  const visit = (at: string, depth: number) => {
    const files: TextFile[] = [];
    for (const entry of list(at)) {
      if (entry.name.startsWith('.') || entry.name === '__MACOSX') continue;
      if (entry.isDirectory() && depth < MAX_DEPTH) visit(join(at, entry.name), depth + 1);
      const file = entry.isFile() ? textFile(join(at, entry.name)) : null;
      if (file) files.push(file);
    }
    if (files.length) folders.set(at, files);
  };
  visit(root, 0);
  const found = [...folders].flatMap(([at, files]) => {
    const splits = files.map((file) => file.split ?? splitOfFolder(at) ?? 'train');
    const train = files.filter((_, i) => splits[i] === 'train');
    if (!train.length) return [];
    const own = files.filter((_, i) => splits[i] === 'dev');
    return [describe(at, root, train, own.length ? own : devBeside(at, folders))];
  });
  if (!found.length) {
    throw new CriaError('not-found', `${root} holds no training text that Cria recognises.`, 'It looks for <domain>.train, <domain>.train.txt, and .txt files of known domains or in folders such as 10M and train_100M.');
  }
  return found.sort((a, b) => a.title.localeCompare(b.title, 'en', { numeric: true }));
}

function textFile(path: string): TextFile | null {
  const match = /^(.+?)(?:\.(train|dev|test))?(\.txt)?$/.exec(basename(path))!;
  const [, stem, split, txt] = match as unknown as [string, string, Split | undefined, string | undefined];
  if (split) return { path, stem, split, isTxt: txt !== undefined };
  // A bare .txt may be anything: a licence, a read-me. It counts where its name or its folder is one of BabyLM's.
  return txt && (domainOf(stem) !== null || splitOfFolder(dirname(path)) !== null) && !/^(readme|licen[cs]e)/i.test(stem) ? { path, stem, split: null, isTxt: true } : null;
}

function splitOfFolder(folder: string): Split | null {
  const name = basename(folder);
  if (/(^|_)(10|100)M$/i.test(name) || /^train$/i.test(name)) return 'train';
  if (/(^|_)dev$/i.test(name)) return 'dev';
  return /(^|_)test$/i.test(name) ? 'test' : null;
}

function trackOf(folder: string): RawCorpus['track'] {
  const match = /(?:^|_)(10|100)M$/i.exec(basename(folder));
  return match ? (`${match[1]!}M` as '10M' | '100M') : null;
}

function devBeside(folder: string, folders: ReadonlyMap<string, TextFile[]>): TextFile[] {
  for (const [other, files] of folders) if (dirname(other) === dirname(folder) && splitOfFolder(other) === 'dev') return files.filter(({ split }) => split === null || split === 'dev');
  return [];
}

function yearOf(stems: readonly string[], isTxt: boolean): RawCorpus['year'] {
  if (stems.some((stem) => ONLY_2023.includes(stem))) return '2023';
  if (!stems.some((stem) => SINCE_2024.includes(stem))) return null;
  return isTxt ? '2026' : '2024/2025';
}

function describe(folder: string, root: string, train: readonly TextFile[], dev: readonly TextFile[]): RawCorpus {
  const year = yearOf(train.map(({ stem }) => stem), train.every(({ split, isTxt }) => isTxt && split === 'train'));
  const track = trackOf(folder);
  const place = folder === root ? basename(root) : folder.slice(root.length + 1).replaceAll('\\', '/');
  const entries = (files: readonly TextFile[], split: Split) => files.map(({ path, stem }) => ({ path, name: `${stem}.${split}`, domain: domainOf(stem), bytes: statSync(path).size }));
  const files = [...entries(train, 'train'), ...entries(dev, 'dev')].sort((a, b) => a.name.localeCompare(b.name));
  return { title: year ? `BabyLM ${year}${track ? `, ${track} words` : ''} (${place})` : place, folder, year, track, files };
}

/** A folder that may not be read is passed over. */
function list(folder: string): Dirent[] {
  try {
    return readdirSync(folder, { withFileTypes: true });
  } catch {
    return [];
  }
}
