/** Files that are there whole or not at all, and for nobody but their owner. */
import { closeSync, existsSync, fsyncSync, mkdirSync, openSync, readdirSync, renameSync, rmSync, writeSync } from 'node:fs';
import { open } from 'node:fs/promises';
import { dirname, join } from 'node:path';

let counter = 0;

/** Names of what is still being written, or never was finished. */
const TEMPORARY = /\.\d+\.\d+\.tmp$/;
const temporaryName = (path: string) => `${path}.${process.pid}.${++counter}.tmp`;

/**
 * Removes what writers that were killed have left in a folder. Nobody may be writing there.
 * @param depth how far down to look
 */
export function removeUnfinished(folder: string, depth: number): void {
  for (const entry of readdirSync(folder, { withFileTypes: true })) {
    const path = join(folder, entry.name);
    if (TEMPORARY.test(entry.name)) rmSync(path, { recursive: true, force: true });
    else if (entry.isDirectory() && depth > 0) removeUnfinished(path, depth - 1);
  }
}

/**
 * Writes a file so that a reader, or a machine that loses power, sees the old content or the new, never a mixture:
 * temporary name beside it, fsync, rename, fsync of the folder.
 *
 * @param path where the file shall be; its folder is made when missing
 * @param write is given a function that appends bytes; called once
 * @throws the system's error (ENOSPC, EACCES, ...); the temporary file is removed and the old file untouched
 */
export function writeFileAtomic(path: string, write: (append: (bytes: Uint8Array | string) => void) => void): void {
  const folder = dirname(path);
  makeFolder(folder);
  const temporary = temporaryName(path);
  const file = openSync(temporary, 'wx', 0o600);
  try {
    try {
      write((bytes) => {
        const buffer = typeof bytes === 'string' ? Buffer.from(bytes) : bytes;
        let written = 0;
        while (written < buffer.byteLength) written += writeSync(file, buffer, written, buffer.byteLength - written);
      });
      fsyncSync(file);
    } finally {
      closeSync(file);
    }
    renameSync(temporary, path);
  } catch (error) {
    rmSync(temporary, { force: true });
    throw error;
  }
  syncFolder(folder);
}

/**
 * {@link writeFileAtomic} for content that comes bit by bit from something asynchronous.
 *
 * @param write called once and awaited; is given a function that appends bytes and one that writes over the file's beginning, for a
 *   header that is known only at the end
 */
export async function streamFileAtomic<T>(
  path: string,
  write: (append: (bytes: Uint8Array | string) => Promise<void>, overwriteStart: (bytes: Uint8Array) => Promise<void>) => Promise<T>,
): Promise<T> {
  const folder = dirname(path);
  makeFolder(folder);
  const temporary = temporaryName(path);
  let result: T;
  try {
    const file = await open(temporary, 'wx', 0o600);
    try {
      result = await write(
        (bytes) => file.appendFile(bytes),
        async (bytes) => void (await file.write(bytes, 0, bytes.byteLength, 0)),
      );
      await file.sync();
    } finally {
      await file.close();
    }
    renameSync(temporary, path);
  } catch (error) {
    rmSync(temporary, { force: true });
    throw error;
  }
  syncFolder(folder);
  return result;
}

/** {@link writeFileAtomic} for a JSON value, indented, with a final newline. */
export function writeJsonAtomic(path: string, value: unknown): void {
  writeFileAtomic(path, (append) => append(`${JSON.stringify(value, null, 2)}\n`));
}

/**
 * Puts a finished folder in its place in one step: everything is written into a temporary sibling, which is then renamed.
 *
 * @param path where the folder shall be; must not exist
 * @param fill writes the files; given the temporary folder's path
 */
export async function writeFolderAtomic(path: string, fill: (folder: string) => Promise<void> | void): Promise<void> {
  const temporary = temporaryName(path);
  makeFolder(temporary);
  try {
    await fill(temporary);
    syncFolder(temporary);
    renameSync(temporary, path);
  } catch (error) {
    rmSync(temporary, { recursive: true, force: true });
    throw error;
  }
  syncFolder(dirname(path));
}

/** Makes a folder and those above it where they are missing, for their owner alone, and durably. */
export function makeFolder(path: string): void {
  const first = mkdirSync(path, { recursive: true, mode: 0o700 });
  if (first === undefined) return;
  for (let folder = path; ; folder = dirname(folder)) {
    syncFolder(dirname(folder));
    if (folder === first || dirname(folder) === folder) return;
  }
}

/** Makes what was appended to a file durable, and the file's name; nothing when there is none. */
export function syncFile(path: string): void {
  if (!existsSync(path)) return;
  const file = openSync(path, 'r+');
  try {
    fsyncSync(file);
  } finally {
    closeSync(file);
  }
  syncFolder(dirname(path));
}

/** Makes renames and new names in a folder durable. Windows has no such call and needs none. */
export function syncFolder(path: string): void {
  if (process.platform === 'win32') return;
  const folder = openSync(path, 'r');
  try {
    fsyncSync(folder);
  } finally {
    closeSync(folder);
  }
}

/** `join`, but refuses a name that would leave the folder. */
export function joinName(folder: string, name: string): string {
  if (!isSafeName(name)) throw new RangeError(`not a plain name: ${JSON.stringify(name)}`);
  return join(folder, name);
}

/** True for names that are one path segment on every system Cria runs on. */
export function isSafeName(name: string): boolean {
  return /^[\p{L}\p{N}_][\p{L}\p{N}._+ -]{0,127}$/u.test(name) && !/[. ]$/.test(name);
}
