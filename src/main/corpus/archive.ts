/** Text files out of a zip archive, at constant memory. */
import { basename, dirname, join } from 'node:path';
import { crc32 } from 'node:zlib';
import { openPromise } from 'yauzl';
import { CriaError } from '../../shared/errors.ts';
import { isSafeName, streamFileAtomic } from '../disk/atomic.ts';
import { throwIfCancelled } from './textFile.ts';

export interface ExtractOptions {
  signal?: AbortSignal;
  onBytes?: (done: number) => void;
}

/**
 * Writes the files of some folders of an archive to `<target>/<folder>/<file>`, wherever in the archive those folders lie.
 * @returns paths of what was written, relative to `target`
 * @throws CriaError `bad-input` for a damaged archive or one without these folders; `cancelled`
 */
export async function extractFolders(archive: string, folders: readonly string[], target: string, { signal, onBytes }: ExtractOptions = {}): Promise<string[]> {
  const written: string[] = [];
  let done = 0;
  try {
    const zip = await openPromise(archive);
    for await (const entry of zip.eachEntry()) {
      const folder = basename(dirname(entry.fileName));
      const name = basename(entry.fileName);
      // Names are those of folders that are asked for and plain file names, so that nothing is written elsewhere.
      if (entry.fileName.endsWith('/') || entry.fileName.startsWith('__MACOSX/') || !folders.includes(folder) || !isSafeName(name)) continue;
      await streamFileAtomic(join(target, folder, name), async (append) => {
        let checksum = 0;
        for await (const chunk of await zip.openReadStreamPromise(entry) as AsyncIterable<Buffer>) {
          throwIfCancelled(signal);
          checksum = crc32(chunk, checksum);
          await append(chunk);
          onBytes?.(done += chunk.length);
        }
        if (checksum !== entry.crc32) throw new Error(`the checksum of ${entry.fileName} does not fit`);
      });
      written.push(join(folder, name));
    }
  } catch (error) {
    if (error instanceof CriaError || (error as NodeJS.ErrnoException).code === 'ENOSPC') throw error;
    throw new CriaError('bad-input', `${archive} cannot be unpacked: ${(error as Error).message}.`, 'Download it again.', { cause: error });
  }
  const missing = folders.filter((folder) => !written.some((path) => dirname(path) === folder));
  if (missing.length === folders.length) throw new CriaError('bad-input', `${archive} holds no folder ${folders.join(' or ')}.`, 'The origin has changed; bring your own copy.');
  return written;
}
