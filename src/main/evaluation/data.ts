/** Finding a suite's files on disk. */
import { existsSync, readdirSync, statSync } from 'node:fs';
import { basename, isAbsolute, join, resolve } from 'node:path';
import { CriaError } from '../../shared/errors.ts';
import { tableFiles } from './ewok/tables.ts';
import { findSuite, SUITES } from './suites.ts';
import { OWN_PREFIX, ownSuite } from './suites/own.ts';
import type { Suite } from './suites/suite.ts';

/** Where to look. */
export interface Places {
  /** Folder that the user named for all suites, or null. */
  data: string | null;
  /** Folders that the user named for single suites, by the suite's name; they come first. */
  folders?: Readonly<Record<string, string>>;
  /** The workspace's data folder. */
  workspaceData: string;
}

export interface SubtaskFile {
  name: string;
  /** From the suite's table; null when it has none. */
  phenomenon: string | null;
  path: string;
  /** Items of the official file; null when not fixed. */
  items: number | null;
}

export interface SuiteData<S extends Suite = Suite> {
  suite: S;
  /** Sorted by name. */
  files: SubtaskFile[];
  /** Tables of a raw release, from which the subtasks' items are made (ewok/release.ts); null: each subtask has its file. */
  release: string[] | null;
  /** What makes this data differ from the official; a score on it is not comparable. */
  warnings: string[];
}

/** As the challenge's archives of 2024 and 2025 unpack. */
const ARCHIVE_FOLDERS = ['', 'evaluation_data', 'evaluation_data/full_eval', 'evaluation_data/fast_eval'];

/**
 * Finds a suite's files: in the folder the user names (itself, or a parent that holds the suite's folder, also inside evaluation_data/ as
 * the challenge's archives unpack), else in the workspace's data folder.
 *
 * @param name a suite's name, or pairs:PATH, or pairs:NAME of a file or folder in the workspace's data folder
 * @throws CriaError `bad-input` for an unknown suite, `not-found` when there is no data; the hint says how to get it
 */
export function locateSuite(name: string, places: Places): SuiteData {
  if (name.startsWith(OWN_PREFIX) && name.length > OWN_PREFIX.length) return ownPairs(name.slice(OWN_PREFIX.length), places);
  const suite = findSuite(name);
  const { workspaceData } = places;
  const named = places.folders?.[suite.name] ?? places.data;
  const folder = named === null ? inside(workspaceData, suite) : (inside(named, suite) ?? (holds(named, suite, true) ? named : null));
  if (folder === null) throw new CriaError('not-found', `There is no data for ${suite.title} in ${named ?? workspaceData}.`, suite.howToGet);
  return suite.subtasks === null ? { suite, files: itemFiles(folder, suite), release: null, warnings: [] } : officialFiles(suite, folder);
}

/** A suite of the lab's own in the workspace's data folder. */
export interface OwnSuiteEntry {
  suite: Suite;
  path: string;
}

/**
 * Every .jsonl file, and every folder of such files, that was dropped into the workspace's data folder and is no known suite's. What is in
 * them is not looked at.
 */
export function listOwnSuites(workspaceData: string): OwnSuiteEntry[] {
  const found = new Map<string, string>();
  for (const entry of readdirSync(workspaceData, { withFileTypes: true })) {
    const path = join(workspaceData, entry.name);
    if (entry.isDirectory() && !KNOWN_FOLDERS.has(entry.name) && hasFileLike(path, '.jsonl')) found.set(entry.name, path);
    else if (entry.isFile() && entry.name.endsWith('.jsonl')) found.set(entry.name.slice(0, -'.jsonl'.length), path);
  }
  return [...found].sort().map(([stem, path]) => ({ suite: ownSuite(stem), path }));
}

/** Names in a data folder that belong to the suites that Cria knows, or to the challenge's archives. */
const KNOWN_FOLDERS = new Set([...SUITES.flatMap(({ source }) => source.folders), ...ARCHIVE_FOLDERS].flatMap((path) => path.split('/')));

function inside(parent: string, suite: Suite): string | null {
  for (const name of suite.source.folders) {
    for (const between of ARCHIVE_FOLDERS) {
      const folder = join(parent, between, name);
      if (holds(folder, suite, false)) return folder;
    }
  }
  return null;
}

/**
 * Whether a folder has at least one of the suite's files (any item file where those are not fixed).
 * @param isNamed the user named this very folder; only then, or under a release's own name, are tables in it taken for a raw release
 */
function holds(folder: string, suite: Suite, isNamed: boolean): boolean {
  if (!existsSync(folder) || !statSync(folder).isDirectory()) return false;
  if (suite.subtasks === null) return itemFiles(folder, suite).length > 0;
  if (suite.subtasks.some(({ name }) => existsSync(join(folder, suite.source.file(name))))) return true;
  const mayBeRelease = suite.source.release !== null && (isNamed || suite.source.release.includes(basename(folder)));
  return mayBeRelease && tableFiles(folder).length > 0;
}

function hasFileLike(folder: string, suffix: string): boolean {
  return readdirSync(folder).some((file) => file.endsWith(suffix));
}

function itemFiles(folder: string, { source: { suffix } }: Suite): SubtaskFile[] {
  return readdirSync(folder)
    .filter((file) => file.endsWith(suffix))
    .sort()
    .map((file) => ({ name: file.slice(0, -suffix.length), phenomenon: null, path: join(folder, file), items: null }));
}

function officialFiles(suite: Suite, folder: string): SuiteData {
  const official = suite.subtasks!.map(({ name, phenomenon, items }) => ({ name, phenomenon, items, path: join(folder, suite.source.file(name)) }));
  const files = official.filter(({ path }) => existsSync(path));
  if (files.length === 0) return { suite, files: official.map((file) => ({ ...file, path: folder })), release: tableFiles(folder), warnings: [] };
  const missing = official.filter((file) => !files.includes(file)).map(({ name }) => name);
  const unknown = itemFiles(folder, suite).map(({ name }) => name).filter((name) => !official.some((file) => file.name === name));
  const warnings: string[] = [];
  if (missing.length > 0) warnings.push(`${folder} lacks ${missing.length} of ${official.length} subtasks of ${suite.title}: ${missing.join(', ')}`);
  if (unknown.length > 0) warnings.push(`${folder} has files that do not belong to ${suite.title}; they are left out: ${unknown.join(', ')}`);
  return { suite, files, release: null, warnings };
}

function ownPairs(reference: string, { workspaceData }: Places): SuiteData {
  const dropped = isAbsolute(reference) ? undefined : [join(workspaceData, `${reference}.jsonl`), join(workspaceData, reference)].find((path) => existsSync(path));
  const path = dropped ?? resolve(reference);
  const suite = ownSuite(basename(path).replace(/\.jsonl$/, ''));
  if (!existsSync(path)) throw new CriaError('not-found', `${path} does not exist.`, suite.howToGet);
  const files = statSync(path).isDirectory()
    ? itemFiles(path, suite)
    : [{ name: basename(path).replace(/\.jsonl$/, ''), phenomenon: null, path, items: null }];
  if (files.length === 0) throw new CriaError('not-found', `${path} holds no .jsonl file.`, 'Give a file of minimal pairs, or a folder of them.');
  return { suite, files, release: null, warnings: [] };
}
