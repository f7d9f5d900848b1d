/**
 * Files of folders that come from strangers: downloaded models and corpora. An archive can carry links, and a link to the reader's own
 * keys would be copied into a model or a corpus that is published later; it can carry pipes, which would be waited for for ever.
 */
import { readFileSync, realpathSync, statSync } from 'node:fs';
import { basename, dirname, isAbsolute, join, relative } from 'node:path';
import { CriaError, type ErrorCode } from '../../shared/errors.ts';

/**
 * The path of a folder's own file, with links followed.
 * @throws CriaError of that code when it is no plain file, or a link that leads out of the folder
 * @throws the system's error when there is none
 */
export function foreignFile(folder: string, name: string, code: ErrorCode): string {
  const path = join(folder, name);
  const real = realpathSync(path);
  const root = realpathSync(folder);
  if (![root, ...blobFolder(root)].some((place) => isWithin(place, real))) {
    throw new CriaError(code, `${path} is a link that leads out of its folder, to ${real}.`, 'If that is the file you mean, copy it into the folder in place of the link.');
  }
  if (!statSync(real).isFile()) throw new CriaError(code, `${path} is not a plain file.`, 'Take it out of the folder, or put the file in its place.');
  return real;
}

/**
 * A whole file as text, which a limit keeps from filling the memory.
 * @throws CriaError of that code when it is no plain file or larger than it can sensibly be
 */
export function readBounded(path: string, maxBytes: number, code: ErrorCode): string {
  const stats = statSync(path);
  if (!stats.isFile()) throw new CriaError(code, `${path} is not a plain file.`, 'Check the path.');
  if (stats.size > maxBytes) throw new CriaError(code, `${path} has ${stats.size} bytes; a file of its kind has at most ${maxBytes}.`, 'Check that it is the file you mean.');
  return readFileSync(path, 'utf8');
}

function isWithin(folder: string, path: string): boolean {
  const way = relative(folder, path);
  return way !== '' && !isAbsolute(way) && way.split(/[\\/]/)[0] !== '..';
}

/** Hugging Face's cache keeps a snapshot's files as links into a folder beside it: models--O--N/snapshots/REVISION/x -> ../../blobs/HASH. */
function blobFolder(folder: string): string[] {
  const snapshots = dirname(folder);
  return basename(snapshots) === 'snapshots' ? [join(dirname(snapshots), 'blobs')] : [];
}
