/** Finding the text files of a corpus folder. */
import { readdirSync, statSync, type Dirent } from 'node:fs';
import { extname, join } from 'node:path';
import { CriaError } from '../../shared/errors.ts';
import { foreignFile } from '../disk/foreignFile.ts';

export type Split = '.train' | '.dev';

/**
 * The files of a folder that have one of the endings, sorted by name. The original takes them in the file system's order, which
 * differs from machine to machine; sorting makes a run repeatable.
 *
 * @throws CriaError `not-found` when there is no such folder, `bad-input` when it holds no such file, or one that is a link out of it
 */
export function corpusFiles(folder: string, splits: readonly Split[]): string[] {
  const wanted = splits.join(' or ');
  const entries = list(folder);
  const files = entries.filter((entry) => isText(entry, splits)).map((entry) => entry.name);
  if (files.length > 0) return files.sort().map((name) => ownFile(folder, name));

  const deeper = entries.find((entry) => entry.isDirectory() && hasText(join(folder, entry.name), splits));
  const others = entries.filter((entry) => entry.isFile() && !entry.name.startsWith('.')).map((entry) => entry.name).sort();
  const found = others.length === 0 ? '' : ` It holds ${others.slice(0, 3).join(', ')}${others.length > 3 ? ', ...' : ''}.`;
  throw new CriaError('bad-input', `${folder} holds no ${wanted} files.${found}`,
    deeper ? `Did you mean ${join(folder, deeper.name)}?` : `Name the text files <domain>${splits[0]}, as BabyLM does, e.g. ${example(splits)}.`);
}

/** The path keeps its name; what a link inside the folder leads to has another one. */
function ownFile(folder: string, name: string): string {
  foreignFile(folder, name, 'bad-input');
  return join(folder, name);
}

function example(splits: readonly Split[]): string {
  return splits.map((split) => `gutenberg${split}`).join(' and ');
}

function isText(entry: Dirent, splits: readonly Split[]): boolean {
  return !entry.isDirectory() && !entry.name.startsWith('.') && splits.some((split) => extname(entry.name) === split);
}

function hasText(folder: string, splits: readonly Split[]): boolean {
  try {
    return readdirSync(folder, { withFileTypes: true }).some((entry) => isText(entry, splits));
  } catch {
    return false; // A folder that cannot be listed is only a hint less.
  }
}

function list(folder: string): Dirent[] {
  try {
    return readdirSync(folder, { withFileTypes: true });
  } catch (error) {
    const missing = !statSync(folder, { throwIfNoEntry: false });
    throw new CriaError(missing ? 'not-found' : 'bad-input',
      missing ? `There is no folder ${folder}.` : `${folder} cannot be listed: ${(error as Error).message}`,
      'Give the folder that holds the <domain>.train and <domain>.dev files.', { cause: error });
  }
}
