/** Making a suite of a file of minimal pairs that came as text. */
import { existsSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { CriaError } from '../../shared/errors.ts';
import { isSafeName, writeFileAtomic } from '../disk/atomic.ts';
import { loadPairs } from './pairs.ts';
import { findSuite } from './suites.ts';
import { OWN_PREFIX } from './suites/own.ts';

/**
 * Puts a file of minimal pairs into the workspace's data folder, where it is a suite, after every line has been checked.
 * @param name of the suite
 * @param file name of the file in a folder of the suite's name; null: the suite is the one file
 * @throws CriaError `bad-input` naming the line that is wrong, or a name that cannot be a file's; `exists`
 */
export async function addOwnPairs(dataFolder: string, name: string, file: string | null, text: string): Promise<{ suite: string; pairs: number }> {
  for (const part of [name, file ?? name]) {
    if (!isSafeName(part)) throw new CriaError('bad-input', `"${part}" cannot be a file's name.`, 'Use letters, digits, ".", "_", "-", "+" and spaces, starting with a letter or digit.');
  }
  if (isKnown(name)) throw new CriaError('exists', `"${name}" is the name of one of Cria's own suites.`, 'Give the file another name.');
  const path = file === null ? join(dataFolder, `${name}.jsonl`) : join(dataFolder, name, `${file}.jsonl`);
  if (existsSync(path)) throw new CriaError('exists', `There is a file ${path} already.`, 'Give the new one another name, or remove the old one.');
  // Under another ending until it is known to be good, so that nobody takes it for a suite.
  const unchecked = `${path}.unchecked`;
  writeFileAtomic(unchecked, (append) => append(text));
  try {
    const pairs = await loadPairs(unchecked);
    writeFileAtomic(path, (append) => append(text));
    return { suite: `${OWN_PREFIX}${name}`, pairs: pairs.length };
  } finally {
    rmSync(unchecked, { force: true });
  }
}

function isKnown(name: string): boolean {
  try {
    return findSuite(name).name === name;
  } catch {
    return false; // Free to be taken.
  }
}
