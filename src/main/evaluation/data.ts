/** Finding a suite's files on disk. */
import { existsSync, readdirSync, statSync } from 'node:fs';
import { basename, join } from 'node:path';
import { CriaError } from '../../shared/errors.ts';
import { findSuite, type Suite } from './suites.ts';

export interface SubtaskFile {
  name: string;
  /** From the suite's table; null when it has none. */
  phenomenon: string | null;
  path: string;
  /** Items of the official file; null when not fixed. */
  items: number | null;
}

export interface SuiteData {
  suite: Suite;
  /** Sorted by name. */
  files: SubtaskFile[];
  /** What makes this data differ from the official; a score on it is not comparable. */
  warnings: string[];
}

/**
 * Finds a suite's files: in the folder the user names (itself, or a parent that holds the suite's folder, also inside evaluation_data/ as
 * the challenge's archive unpacks), else in the workspace's data folder.
 *
 * @param name a suite's name, or pairs:PATH
 * @param data folder the user named, or null
 * @param workspaceData the workspace's data folder
 * @throws CriaError `bad-input` for an unknown suite, `not-found` when there is no data; the hint says how to get it
 */
export function locateSuite(name: string, data: string | null, workspaceData: string): SuiteData {
  const { suite, path } = findSuite(name);
  if (path !== null) return ownPairs(suite, path);
  const folder = data === null ? inside(workspaceData, suite) : (inside(data, suite) ?? (holds(data, suite) ? data : null));
  if (folder === null) {
    throw new CriaError('not-found', `There is no data for ${suite.title} in ${data ?? workspaceData}.`, suite.howToGet);
  }
  return suite.subtasks === null ? { suite, files: allFiles(folder), warnings: [] } : officialFiles(suite, folder);
}

function inside(parent: string, suite: Suite): string | null {
  for (const name of suite.folders) {
    for (const folder of [join(parent, name), join(parent, 'evaluation_data', name)]) {
      if (holds(folder, suite)) return folder;
    }
  }
  return null;
}

/** Whether a folder has at least one of the suite's files (any .jsonl file where those are not fixed). */
function holds(folder: string, suite: Suite): boolean {
  if (!existsSync(folder) || !statSync(folder).isDirectory()) return false;
  if (suite.subtasks === null) return allFiles(folder).length > 0;
  return suite.subtasks.some(({ name }) => existsSync(join(folder, `${name}.jsonl`)));
}

function allFiles(folder: string): SubtaskFile[] {
  return readdirSync(folder)
    .filter((file) => file.endsWith('.jsonl'))
    .sort()
    .map((file) => ({ name: file.slice(0, -'.jsonl'.length), phenomenon: null, path: join(folder, file), items: null }));
}

function officialFiles(suite: Suite, folder: string): SuiteData {
  const official = suite.subtasks!.map(({ name, phenomenon, items }) => ({ name, phenomenon, items, path: join(folder, `${name}.jsonl`) }));
  const files = official.filter(({ path }) => existsSync(path));
  const missing = official.filter((file) => !files.includes(file)).map(({ name }) => name);
  const unknown = allFiles(folder).map(({ name }) => name).filter((name) => !official.some((file) => file.name === name));
  const warnings: string[] = [];
  if (missing.length > 0) warnings.push(`${folder} lacks ${missing.length} of ${official.length} subtasks of ${suite.title}: ${missing.join(', ')}`);
  if (unknown.length > 0) warnings.push(`${folder} has files that do not belong to ${suite.title}; they are left out: ${unknown.join(', ')}`);
  return { suite, files, warnings };
}

function ownPairs(suite: Suite, path: string): SuiteData {
  if (!existsSync(path)) throw new CriaError('not-found', `${path} does not exist.`, suite.howToGet);
  const files = statSync(path).isDirectory()
    ? allFiles(path)
    : [{ name: basename(path).replace(/\.jsonl$/, ''), phenomenon: null, path, items: null }];
  if (files.length === 0) throw new CriaError('not-found', `${path} holds no .jsonl file.`, 'Give a file of minimal pairs, or a folder of them.');
  return { suite, files, warnings: [] };
}
