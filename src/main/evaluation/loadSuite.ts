/** A suite's items, read, counted and named by their version. */
import { readFile, stat } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { existsSync } from 'node:fs';
import { CriaError } from '../../shared/errors.ts';
import { sha256File } from '../disk/hash.ts';
import { loadVocabulary, type VocabularyOptions } from './ewok/vocabulary.ts';
import type { SuiteData } from './data.ts';
import { areTwinned, filterRelease, isEwokItem } from './ewok/release.ts';
import { readTable, type Row } from './ewok/tables.ts';
import { loadPairs, pairsDigest, parsePair, suiteFingerprint } from './pairs.ts';
import type { ChoiceItem, ChoiceSuite, FineTuningSuite, Suite } from './suites/suite.ts';

export interface LoadedSuite<S extends Suite = Suite> extends SuiteData<S> {
  /** The official version, or one of its own made from the items' fingerprint. */
  version: string;
  /** Digest of each subtask's items. */
  digests: Map<string, string>;
}

export interface LoadedChoiceSuite extends LoadedSuite<ChoiceSuite> {
  items: Map<string, ChoiceItem[]>;
}

export interface LoadOptions extends VocabularyOptions {
  /** What a raw release is filtered by: a list of words, or a corpus; null: a vocab.txt in or beside the release. */
  vocabulary: string | null;
}

/**
 * Reads the items of a suite of kind `choice`; what makes them differ from the official ones is added to the warnings.
 * @throws CriaError `bad-input` for bad data, or a raw release without a vocabulary
 */
export async function loadChoiceSuite(located: SuiteData<ChoiceSuite>, options: LoadOptions): Promise<LoadedChoiceSuite> {
  const data = { ...located, warnings: [...located.warnings] };
  const items = data.release === null ? await readFiles(data, options) : await readRelease(data, data.release, options);
  const files = data.files.filter((file) => items.has(file.name));
  const digests = new Map(files.map(({ name }) => [name, pairsDigest(items.get(name)!)]));
  for (const file of files) warnOfCount(data, file.path, file.name, items.get(file.name)!.length, file.items);
  const counts = new Map([...items].map(([name, list]) => [name, list.length]));
  return { ...data, files, items, digests, version: nameVersion(data, counts, digests) };
}

/** Counts and fingerprints the files of a suite whose items are read by those who train on them. */
export async function loadFineTuningSuite(located: SuiteData<FineTuningSuite>): Promise<LoadedSuite<FineTuningSuite>> {
  const data = { ...located, warnings: [...located.warnings] };
  const digests = new Map<string, string>();
  const counts = new Map<string, number>();
  for (const { name, path, items } of data.files) {
    digests.set(name, await sha256File(path));
    const lines = (await readFile(path, 'utf8')).split('\n').filter((line) => line.trim() !== '').length;
    counts.set(name, lines);
    warnOfCount(data, path, name, lines, items);
  }
  return { ...data, digests, version: nameVersion(data, counts, digests) };
}

function warnOfCount(data: SuiteData, path: string, subtask: string, found: number, official: number | null): void {
  if (official === null || found === official) return;
  const what = data.suite.method.kind === 'choice' ? 'pairs' : 'items';
  data.warnings.push(data.release === null
    ? `${path} holds ${found} ${what}, the official file ${official}`
    : `${subtask} keeps ${found} items, the official filter ${official}`);
}

/** The official version's name only where the items are the official ones, as far as can be told. */
function nameVersion(data: SuiteData, counts: ReadonlyMap<string, number>, digests: ReadonlyMap<string, string>): string {
  const { suite } = data;
  const fingerprint = suiteFingerprint(digests);
  const isOfficial = suite.fingerprint !== null ? fingerprint === suite.fingerprint
    : suite.subtasks !== null && suite.subtasks.every(({ name, items }) => counts.get(name) === items);
  if (isOfficial) return suite.version;
  if (suite.subtasks !== null) data.warnings.push(`These are not the official items of ${suite.title}: do not compare the scores with published ones`);
  return `${suite.version}+${fingerprint.slice(0, 8)}`;
}

async function readFiles(data: SuiteData<ChoiceSuite>, options: LoadOptions): Promise<Map<string, ChoiceItem[]>> {
  const { method, source } = data.suite;
  const items = new Map<string, ChoiceItem[]>();
  for (const file of data.files) items.set(file.name, await loadPairs(file.path, method));
  if (source.release === null) return items;
  // A release that was only cut into one file per domain has no twins yet.
  const isTwinned = [...items.values()].every((list) => areTwinned(list.map(({ doc }) => doc).filter(isEwokItem)));
  return isTwinned ? items : filterRows([...items.values()].flat().map(({ doc }) => doc), data, dirname(data.files[0]!.path), options);
}

async function readRelease(data: SuiteData<ChoiceSuite>, tables: readonly string[], options: LoadOptions): Promise<Map<string, ChoiceItem[]>> {
  const rows: Row[] = [];
  for (const table of tables) rows.push(...(await readTable(table)));
  return filterRows(rows, data, data.files[0]!.path, options);
}

/** @param folder of the release */
async function filterRows(rows: readonly Row[], data: SuiteData<ChoiceSuite>, folder: string, options: LoadOptions): Promise<Map<string, ChoiceItem[]>> {
  const place = options.vocabulary ?? [join(folder, 'vocab.txt'), join(dirname(folder), 'vocab.txt')].find((path) => existsSync(path));
  if (place === undefined) {
    throw new CriaError('bad-input', `${folder} holds EWoK as it was released, which is filtered to a vocabulary before it is scored, and none was given.`,
      'Give one with --vocabulary: a file with a word a line (the challenge\'s is ewok/vocab.txt of its pipeline), or your corpus.');
  }
  await stat(place).catch(() => {
    throw new CriaError('not-found', `There is no vocabulary at ${place}.`, 'Give a file with a word a line, a text file, or a folder of .train files.');
  });
  const { domains } = filterRelease(rows, await loadVocabulary(place, options));
  const items = new Map<string, ChoiceItem[]>();
  for (const { name, path } of data.files) {
    const kept = domains.get(name);
    if (kept) items.set(name, kept.map((doc, i) => parsePair(doc, path, i + 1, data.suite.method)));
  }
  return items;
}
