/** EWoK on made-up items of its fields: reading, filtering, twins, scores, and that no text of an item gets out of the user's folder. */
import { mkdirSync, readdirSync, readFileSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { parquetWriteBuffer } from 'hyparquet-writer';
import { describe, expect, it } from 'vitest';
import { locateSuite, type SuiteData } from '../../../src/main/evaluation/data.ts';
import { evaluate } from '../../../src/main/evaluation/evaluate.ts';
import { areTwinned, filterRelease, isInVocabulary, twinOf, type EwokItem } from '../../../src/main/evaluation/ewok/release.ts';
import { readTable, tableFiles } from '../../../src/main/evaluation/ewok/tables.ts';
import { loadChoiceSuite } from '../../../src/main/evaluation/loadSuite.ts';
import type { ChoiceSuite } from '../../../src/main/evaluation/suites/suite.ts';
import { Store } from '../../../src/main/store/store.ts';
import { Workspace } from '../../../src/main/workspace.ts';
import { JOB_PARAMS } from '../../../src/shared/jobs.ts';
import { RecordingContext, temporaryFolder } from '../../support/jobContext.ts';
import { makeLetterModel } from '../../support/letterModels.ts';

/** A word that stands in every text, to be looked for where none may be. */
const SECRET = 'zuqqle';

const item = (domain: string, names: [string, string], known = true): EwokItem => ({
  Domain: domain, ConceptA: 'left', ConceptB: 'right', TargetDiff: 'concept swap', ContextDiff: 'antonym', ContextType: 'direct',
  Context1: `${names[0]} has the ${SECRET}.`, Context2: `${names[1]} has the ${SECRET}.`,
  Target1: `${known ? 'ask' : 'flabbergast'} ${names[0]}, it's ${SECRET}.`, Target2: `ask ${names[1]}, it's ${SECRET}.`,
});
const ITEMS = [
  item('social-relations', ['mira', 'tom']), item('spatial-relations', ['ali', 'ben']), item('social-relations', ['ann', 'joe'], false), item('social-relations', ['kim', 'lou']),
];
const VOCABULARY = ['mira', 'tom', 'ali', 'ben', 'ann', 'joe', 'kim', 'lou', 'has', 'the', SECRET, 'ask', 'it', "'s", ',', '.'];

const jsonl = (rows: readonly object[]): string => rows.map((row) => `${JSON.stringify(row)}\n`).join('');
const cell = (text: unknown, delimiter: string): string => (String(text).includes(delimiter) || String(text).includes('"') ? `"${String(text).replaceAll('"', '""')}"` : String(text));
const separated = (rows: readonly EwokItem[], delimiter: string): string =>
  [Object.keys(rows[0]!), ...rows.map((row) => Object.values(row))].map((line) => line.map((value) => cell(value, delimiter)).join(delimiter)).join('\n');
const parquet = (rows: readonly EwokItem[]): Uint8Array =>
  new Uint8Array(parquetWriteBuffer({ columnData: Object.keys(rows[0]!).map((name) => ({ name, data: rows.map((row) => row[name] as string), type: 'STRING' as const })) }));

function setUp() {
  const root = temporaryFolder();
  const folder = join(root, 'gated');
  mkdirSync(folder);
  const vocabulary = join(root, 'words.txt');
  writeFileSync(vocabulary, VOCABULARY.join('\n'));
  const locate = () => locateSuite('ewok', { data: null, folders: { ewok: folder }, workspaceData: root }) as SuiteData<ChoiceSuite>;
  return { root, folder, vocabulary, locate };
}

describe('the release', () => {
  it('keeps items whose words are all known, each followed by its twin', () => {
    const { domains, items, kept } = filterRelease([...ITEMS, { another: 'table' }], new Set(VOCABULARY));
    expect([items, kept]).toEqual([4, 3]);
    expect([...domains.keys()]).toEqual(['social-relations', 'spatial-relations']);
    const social = domains.get('social-relations')!;
    expect(social).toEqual([ITEMS[0], twinOf(ITEMS[0]!), ITEMS[3], twinOf(ITEMS[3]!)]);
    expect(social[1]).toMatchObject({ Context1: ITEMS[0]!.Context2, Context2: ITEMS[0]!.Context1, Target1: ITEMS[0]!.Target2, Target2: ITEMS[0]!.Target1, ConceptA: 'left' });
    expect(areTwinned(social)).toBe(true);
    expect(areTwinned(ITEMS)).toBe(false);
    expect(areTwinned(social.slice(1))).toBe(false);
  });

  it('compares words in lower case, sentence by sentence', () => {
    const known = new Set(VOCABULARY);
    const upper = { ...ITEMS[0]!, Context1: `Mira has the ${SECRET}. Tom has it.` };
    expect(isInVocabulary(upper, known)).toBe(true);
    expect(isInVocabulary({ ...upper, Context2: 'mira has 5.' }, known)).toBe(false);
  });

  it('refuses tables without items, and vocabularies that leave none', () => {
    expect(() => filterRelease([{ a: 1 }], new Set())).toThrow(expect.objectContaining({ code: 'bad-input', hint: expect.stringContaining('Context1') as string }));
    expect(() => filterRelease(ITEMS, new Set(['x']))).toThrow(expect.objectContaining({ code: 'bad-input' }));
  });
});

describe('tables', () => {
  it.each([
    ['items.jsonl', jsonl(ITEMS)], ['items.json', JSON.stringify(ITEMS)], ['items.csv', separated(ITEMS, ',')], ['items.tsv', separated(ITEMS, '\t')], ['items.parquet', parquet(ITEMS)],
  ])('are read from %s', async (name, content) => {
    const path = join(temporaryFolder(), name);
    writeFileSync(path, content);
    expect(await readTable(path)).toEqual(ITEMS);
  });

  it.each(['items.jsonl', 'items.json', 'items.csv', 'items.parquet'])('that are damaged are refused without a word of them: %s', async (name) => {
    const path = join(temporaryFolder(), name);
    writeFileSync(path, `{"Domain": "${SECRET}\n"${SECRET}" x, "y\nz`);
    const error: unknown = await readTable(path).catch((reason: unknown) => reason);
    expect(error).toMatchObject({ code: 'bad-input' });
    expect(JSON.stringify([error, (error as Error).message, (error as Error).stack, (error as Error).cause])).not.toContain(SECRET);
  });

  it('are found in subfolders, not in hidden ones', () => {
    const root = temporaryFolder();
    for (const path of ['a/b/data.parquet', '.git/x.json', 'README.md', 'c.csv']) {
      mkdirSync(join(root, path, '..'), { recursive: true });
      writeFileSync(join(root, path), '');
    }
    expect(tableFiles(root)).toEqual([join(root, 'a/b/data.parquet'), join(root, 'c.csv')]);
  });
});

describe('the suite', () => {
  it.each([
    ['one table of all domains', { 'data/test.parquet': parquet(ITEMS) }],
    ['a table a domain', { 'social.csv': separated(ITEMS.filter(({ Domain }) => Domain === 'social-relations'), ','), 'spatial.jsonl': jsonl([ITEMS[1]!]) }],
    ['one file a domain under its name, without twins', { 'social-relations.jsonl': jsonl(ITEMS.filter(({ Domain }) => Domain === 'social-relations')), 'spatial-relations.jsonl': jsonl([ITEMS[1]!]) }],
  ])('is made of a raw release: %s', async (_, files: Record<string, string | Uint8Array>) => {
    const { folder, vocabulary, locate } = setUp();
    for (const [name, content] of Object.entries(files)) {
      mkdirSync(join(folder, name, '..'), { recursive: true });
      writeFileSync(join(folder, name), content);
    }
    const loaded = await loadChoiceSuite(locate(), { vocabulary });
    expect(loaded.files.map(({ name }) => name)).toEqual(['social-relations', 'spatial-relations']);
    expect(loaded.items.get('social-relations')!.map(({ context, good, bad }) => [context, good, bad])).toEqual(
      [ITEMS[0]!, twinOf(ITEMS[0]!), ITEMS[3]!, twinOf(ITEMS[3]!)].map((one) => [one.Context1, one.Target1, one.Target2]));
    expect(loaded.version).toMatch(/^1\.0-filtered\+[0-9a-f]{8}$/);
    expect(loaded.warnings.at(-1)).toMatch(/not the official items/);
  });

  it('takes the pipeline\'s filtered files as they are', async () => {
    const { folder, locate } = setUp();
    writeFileSync(join(folder, 'spatial-relations.jsonl'), jsonl([ITEMS[2]!, twinOf(ITEMS[2]!)]));
    const loaded = await loadChoiceSuite(locate(), { vocabulary: null });
    expect(loaded.items.get('spatial-relations')).toHaveLength(2);
  });

  it('needs a vocabulary for a raw release, and finds one beside it', async () => {
    const { root, folder, vocabulary, locate } = setUp();
    writeFileSync(join(folder, 'test.jsonl'), jsonl(ITEMS));
    await expect(loadChoiceSuite(locate(), { vocabulary: null })).rejects.toMatchObject({ code: 'bad-input', hint: expect.stringContaining('--vocabulary') as string });
    await expect(loadChoiceSuite(locate(), { vocabulary: join(root, 'none') })).rejects.toMatchObject({ code: 'not-found' });
    writeFileSync(join(folder, 'vocab.txt'), readFileSync(vocabulary));
    expect((await loadChoiceSuite(locate(), { vocabulary: null })).items.get('social-relations')).toHaveLength(4);
  });
});

/** Every byte that lies under a folder. */
function everything(folder: string): string {
  return readdirSync(folder, { recursive: true, encoding: 'utf8' }).map((name) => join(folder, name)).filter((path) => statSync(path).isFile()).map((path) => readFileSync(path, 'latin1')).join('\n');
}

describe('the text of items', () => {
  async function scored() {
    const { root, folder, vocabulary } = setUp();
    writeFileSync(join(folder, 'test.csv'), separated(ITEMS, ','));
    const workspace = new Workspace(join(root, 'workspace'));
    const model = { name: 'm', folder: await makeLetterModel(workspace.modelFolder('m'), 1, 80) };
    const params = (change: object = {}) => JOB_PARAMS.evaluate.parse({ models: [model], suites: ['ewok'], data: null, folders: { ewok: folder }, vocabulary, out: null, ...change });
    return { root, folder, workspace, params };
  }

  it('stays in the user\'s folder: not in results, progress, log, run or database', async () => {
    const { root, workspace, params } = await scored();
    const context = new RecordingContext();
    const { scores } = await evaluate(params(), context, workspace);
    expect(scores[0]!.subtasks.map(({ subtask, items }) => [subtask, items])).toEqual([['social-relations', 4], ['spatial-relations', 2]]);
    const store = Store.open(workspace.database);
    const { id } = store.createRun({ kind: 'evaluate', name: 'e', params: params(), project: '' });
    const { readOutcomes } = await import('../../../src/main/evaluation/outcomeFiles.ts');
    store.recordEvaluation(id, scores[0]!, readOutcomes(context.folder, scores[0]!));
    store.close();
    const told = JSON.stringify([scores, context.logged, context.progressed, context.reports, context.metrics]);
    for (const place of [told, everything(context.folder), everything(workspace.root)]) expect(place).not.toContain(SECRET);
    expect(everything(root)).toContain(SECRET); // The test looks where text is.
  });

  it('is written where the user says so, as lm_eval logs it', async () => {
    const { root, workspace, params } = await scored();
    await evaluate(params({ out: join(root, 'mine') }), new RecordingContext(), workspace);
    const samples = JSON.parse(readFileSync(join(root, 'mine', 'ewok_spatial-relations_filtered_results.jsonl'), 'utf8')) as { arguments: [string, string][]; doc: EwokItem; target: number }[];
    expect(samples).toHaveLength(2);
    expect(samples[1]).toMatchObject({ target: 0, doc: twinOf(ITEMS[1]!), arguments: [[ITEMS[1]!.Context2, ` ${ITEMS[1]!.Target2}`], [ITEMS[1]!.Context2, ` ${ITEMS[1]!.Target1}`]] });
  });

  it.each([
    ['a damaged line', `{"Domain": "x", "Context1": "${SECRET}`],
    ['a missing field', `${JSON.stringify({ ...ITEMS[0], Target2: undefined })}\n`],
    ['an answer that is too long', jsonl([ITEMS[0]!, twinOf(ITEMS[0]!)].map((one) => ({ ...one, Target1: `${SECRET} `.repeat(30), Target2: `${SECRET} `.repeat(30) })))],
    ['a context without tokens', jsonl([{ ...ITEMS[0]!, Context1: ' ', Context2: ' ' }, { ...twinOf(ITEMS[0]!), Context1: ' ', Context2: ' ' }])],
  ])('is not in the error about %s', async (_, content) => {
    const { folder, workspace, params } = await scored();
    writeFileSync(join(folder, 'social-relations.jsonl'), content);
    const error: unknown = await evaluate(params(), new RecordingContext(), workspace).catch((reason: unknown) => reason);
    expect(error).toMatchObject({ code: 'bad-input' });
    const { message, hint, stack, cause } = error as Error & { hint: string };
    expect(JSON.stringify([message, hint, stack, String(cause)])).not.toContain(SECRET);
  });
});
