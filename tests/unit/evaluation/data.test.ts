import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { listOwnSuites, locateSuite, type Places } from '../../../src/main/evaluation/data.ts';
import { findSuite, SUITES } from '../../../src/main/evaluation/suites.ts';
import type { ChoiceSuite } from '../../../src/main/evaluation/suites/suite.ts';

let root: string;
beforeEach(() => void (root = mkdtempSync(join(tmpdir(), 'cria-data-'))));
afterEach(() => rmSync(root, { recursive: true }));

const here = (): Places => ({ data: root, workspaceData: root });
const inWorkspace = (): Places => ({ data: null, workspaceData: root });
const sampleFile = (suite: string, subtask: string): string => (findSuite(suite) as ChoiceSuite).method.sampleFile(subtask);

function put(...segments: string[]): void {
  mkdirSync(join(root, ...segments.slice(0, -1)), { recursive: true });
  writeFileSync(join(root, ...segments), '{"sentence_good":"a","sentence_bad":"b"}\n');
}

describe('suites', () => {
  it('have the published sizes', () => {
    const size = (name: string) => {
      const { subtasks } = findSuite(name);
      return [subtasks!.length, subtasks!.reduce((sum, { items }) => sum + items, 0)];
    };
    expect(size('blimp')).toEqual([67, 59_875]);
    expect(size('blimp-full')).toEqual([67, 67_000]);
    expect(size('supplement')).toEqual([5, 5_218]);
    expect(new Set(findSuite('blimp').subtasks!.map(({ phenomenon }) => phenomenon)).size).toBe(12);
  });

  it('name sample files as the pipeline does', () => {
    expect(sampleFile('blimp', 'wh_island')).toBe('blimp_wh_island_filtered_results.jsonl');
    expect(sampleFile('supplement', 'hypernym')).toBe('blimp_supplement_hypernym_results.jsonl');
  });

  it('refuses a name that is none and lists those that are', () => {
    expect(() => findSuite('blmp')).toThrow(expect.objectContaining({ code: 'bad-input', hint: expect.stringContaining('supplement') as string }));
    expect(() => findSuite('pairs:')).toThrow(expect.objectContaining({ code: 'bad-input' }));
    expect(new Set(SUITES.map(({ name }) => name)).size).toBe(SUITES.length);
  });
});

describe('locateSuite', () => {
  it.each([
    ['the folder itself', ['blimp_filtered'], ['blimp_filtered']],
    ['a copy of it under another name', ['mine'], ['mine']],
    ['its parent', ['blimp_filtered'], []],
    ['what the archive of the challenge unpacks into', ['evaluation_data', 'blimp_filtered'], []],
  ])('takes %s', (_, place, named) => {
    put(...place, 'wh_island.jsonl');
    const { files } = locateSuite('blimp', { data: join(root, ...named), workspaceData: join(root, 'workspace') });
    expect(files).toEqual([{ name: 'wh_island', phenomenon: 'island_effects', items: 960, path: join(root, ...place, 'wh_island.jsonl') }]);
  });

  it('looks into the workspace when no folder is named, and only then', () => {
    put('workspace', 'supplement_filtered', 'hypernym.jsonl');
    expect(locateSuite('supplement', { data: null, workspaceData: join(root, 'workspace') }).files).toHaveLength(1);
    expect(() => locateSuite('supplement', { data: join(root, 'elsewhere'), workspaceData: join(root, 'workspace') })).toThrow(expect.objectContaining({ code: 'not-found' }));
  });

  it('prefers the filtered files to a folder of the full ones beside them', () => {
    put('blimp', 'wh_island.jsonl');
    put('blimp_filtered', 'wh_island.jsonl');
    expect(locateSuite('blimp', here()).files[0]!.path).toBe(join(root, 'blimp_filtered', 'wh_island.jsonl'));
    expect(locateSuite('blimp-full', here()).files[0]!.path).toBe(join(root, 'blimp', 'wh_island.jsonl'));
  });

  it('warns of what is missing and of what does not belong', () => {
    put('supplement_filtered', 'hypernym.jsonl');
    put('supplement_filtered', 'notes.jsonl');
    const { warnings } = locateSuite('supplement', here());
    expect(warnings).toEqual([
      expect.stringMatching(/lacks 4 of 5 .*: qa_congruence_easy, .*turn_taking$/),
      expect.stringMatching(/left out: notes$/),
    ]);
  });

  it('says how to get missing data', () => {
    expect(() => locateSuite('blimp', inWorkspace())).toThrow(expect.objectContaining({ code: 'not-found', hint: expect.stringContaining('--download') as string }));
    expect(() => locateSuite('demo', inWorkspace())).toThrow(expect.objectContaining({ hint: expect.stringContaining('cria demo') as string }));
  });

  it('takes own files and folders of them', () => {
    put('lab', 'verbs.jsonl');
    put('lab', 'nouns.jsonl');
    const folder = locateSuite(`pairs:${join(root, 'lab')}`, inWorkspace());
    expect(folder.suite.name).toBe('pairs:lab');
    expect(folder.files.map(({ name }) => name)).toEqual(['nouns', 'verbs']);
    const file = locateSuite(`pairs:${join(root, 'lab', 'verbs.jsonl')}`, inWorkspace());
    expect(file.suite.name).toBe('pairs:verbs');
    expect((file.suite as ChoiceSuite).method.sampleFile('verbs')).toBe('verbs_results.jsonl');
    expect(() => locateSuite(`pairs:${join(root, 'none')}`, inWorkspace())).toThrow(expect.objectContaining({ code: 'not-found' }));
    mkdirSync(join(root, 'empty'));
    expect(() => locateSuite(`pairs:${join(root, 'empty')}`, inWorkspace())).toThrow(expect.objectContaining({ code: 'not-found' }));
  });
});

describe('a lab\'s own suites', () => {
  it('are the files and folders that were dropped into the data folder, known ones left out', () => {
    put('verbs.jsonl');
    put('nouns', 'plural.jsonl');
    put('nouns', 'mass.jsonl');
    put('blimp_filtered', 'wh_island.jsonl');
    put('evaluation_data', 'supplement_filtered', 'hypernym.jsonl');
    put('empty', 'notes.txt');
    const found = listOwnSuites(root);
    expect(found.map(({ suite, path }) => [suite.name, path])).toEqual([['pairs:nouns', join(root, 'nouns')], ['pairs:verbs', join(root, 'verbs.jsonl')]]);
    for (const { suite } of found) expect(locateSuite(suite.name, inWorkspace()).suite.name).toBe(suite.name);
    expect(locateSuite('pairs:nouns', inWorkspace()).files.map(({ name }) => name)).toEqual(['mass', 'plural']);
    expect(locateSuite('pairs:verbs', { data: join(root, 'elsewhere'), workspaceData: root }).files).toHaveLength(1);
  });
});

describe('EWoK\'s places', () => {
  it('are its folder by name, a folder named for it alone, and a release as it was downloaded', () => {
    put('ewok_filtered', 'social-relations.jsonl');
    expect(locateSuite('ewok', here())).toMatchObject({ release: null, files: [{ name: 'social-relations' }] });
    put('gated', 'snapshots', 'abc', 'test.csv');
    put('gated', '.cache', 'hidden.csv');
    const folder = join(root, 'gated');
    const found = locateSuite('ewok', { data: root, folders: { ewok: folder }, workspaceData: '/nowhere' });
    expect(found.release).toEqual([join(folder, 'snapshots', 'abc', 'test.csv')]);
    expect(found.files).toHaveLength(11);
    put('other', 'ewok-core-1.0', 'data.parquet');
    expect(locateSuite('ewok', { data: join(root, 'other'), workspaceData: '/nowhere' }).release).toHaveLength(1);
    // Tables in a folder that was not named for it are not taken for a release.
    put('tables', 'blimp_filtered', 'wh_island.jsonl');
    expect(() => locateSuite('ewok', { data: null, workspaceData: join(root, 'tables') })).toThrow(expect.objectContaining({ code: 'not-found' }));
  });
});
