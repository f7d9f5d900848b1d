import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { locateSuite } from '../../../src/main/evaluation/data.ts';
import { findSuite, SUITES } from '../../../src/main/evaluation/suites.ts';

let root: string;
beforeEach(() => void (root = mkdtempSync(join(tmpdir(), 'cria-data-'))));
afterEach(() => rmSync(root, { recursive: true }));

function put(...segments: string[]): void {
  mkdirSync(join(root, ...segments.slice(0, -1)), { recursive: true });
  writeFileSync(join(root, ...segments), '{"sentence_good":"a","sentence_bad":"b"}\n');
}

describe('suites', () => {
  it('have the published sizes', () => {
    const size = (name: string) => {
      const { subtasks } = findSuite(name).suite;
      return [subtasks!.length, subtasks!.reduce((sum, { items }) => sum + items, 0)];
    };
    expect(size('blimp')).toEqual([67, 59_875]);
    expect(size('blimp-full')).toEqual([67, 67_000]);
    expect(size('supplement')).toEqual([5, 5_218]);
    expect(new Set(findSuite('blimp').suite.subtasks!.map(({ phenomenon }) => phenomenon)).size).toBe(12);
  });

  it('name sample files as the pipeline does', () => {
    expect(findSuite('blimp').suite.sampleFile('wh_island')).toBe('blimp_wh_island_filtered_results.jsonl');
    expect(findSuite('supplement').suite.sampleFile('hypernym')).toBe('blimp_supplement_hypernym_results.jsonl');
  });

  it('refuses a name that is none and lists those that are', () => {
    expect(() => findSuite('blmp')).toThrow(expect.objectContaining({ code: 'bad-input', hint: expect.stringContaining('supplement') as string }));
    expect(() => findSuite('pairs:')).toThrow(expect.objectContaining({ code: 'bad-input' }));
    expect(SUITES.map(({ name }) => name)).toEqual(['blimp', 'supplement', 'blimp-full', 'demo']);
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
    const { files } = locateSuite('blimp', join(root, ...named), join(root, 'workspace'));
    expect(files).toEqual([{ name: 'wh_island', phenomenon: 'island_effects', items: 960, path: join(root, ...place, 'wh_island.jsonl') }]);
  });

  it('looks into the workspace when no folder is named, and only then', () => {
    put('workspace', 'supplement_filtered', 'hypernym.jsonl');
    expect(locateSuite('supplement', null, join(root, 'workspace')).files).toHaveLength(1);
    expect(() => locateSuite('supplement', join(root, 'elsewhere'), join(root, 'workspace'))).toThrow(expect.objectContaining({ code: 'not-found' }));
  });

  it('prefers the filtered files to a folder of the full ones beside them', () => {
    put('blimp', 'wh_island.jsonl');
    put('blimp_filtered', 'wh_island.jsonl');
    expect(locateSuite('blimp', root, root).files[0]!.path).toBe(join(root, 'blimp_filtered', 'wh_island.jsonl'));
    expect(locateSuite('blimp-full', root, root).files[0]!.path).toBe(join(root, 'blimp', 'wh_island.jsonl'));
  });

  it('warns of what is missing and of what does not belong', () => {
    put('supplement_filtered', 'hypernym.jsonl');
    put('supplement_filtered', 'notes.jsonl');
    const { warnings } = locateSuite('supplement', root, root);
    expect(warnings).toEqual([
      expect.stringMatching(/lacks 4 of 5 .*: qa_congruence_easy, .*turn_taking$/),
      expect.stringMatching(/left out: notes$/),
    ]);
  });

  it('says how to get missing data', () => {
    expect(() => locateSuite('blimp', null, root)).toThrow(expect.objectContaining({ code: 'not-found', hint: expect.stringContaining('--download') as string }));
    expect(() => locateSuite('demo', null, root)).toThrow(expect.objectContaining({ hint: expect.stringContaining('cria demo') as string }));
  });

  it('takes own files and folders of them', () => {
    put('lab', 'verbs.jsonl');
    put('lab', 'nouns.jsonl');
    const folder = locateSuite(`pairs:${join(root, 'lab')}`, null, root);
    expect(folder.suite.name).toBe('pairs:lab');
    expect(folder.files.map(({ name }) => name)).toEqual(['nouns', 'verbs']);
    const file = locateSuite(`pairs:${join(root, 'lab', 'verbs.jsonl')}`, null, root);
    expect(file.suite.name).toBe('pairs:verbs');
    expect(file.suite.sampleFile('verbs')).toBe('verbs_results.jsonl');
    expect(() => locateSuite(`pairs:${join(root, 'none')}`, null, root)).toThrow(expect.objectContaining({ code: 'not-found' }));
    mkdirSync(join(root, 'empty'));
    expect(() => locateSuite(`pairs:${join(root, 'empty')}`, null, root)).toThrow(expect.objectContaining({ code: 'not-found' }));
  });
});
