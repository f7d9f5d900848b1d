import Database from 'better-sqlite3';
import { spawn } from 'node:child_process';
import { appendFileSync, copyFileSync, existsSync, mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it, onTestFinished } from 'vitest';
import { acquireWorkspaceLock, readWorkspaceLock } from '../../../src/main/store/lock.ts';
import { MIGRATIONS, openDatabase } from '../../../src/main/store/migrate.ts';
import { Store } from '../../../src/main/store/store.ts';
import { Workspace } from '../../../src/main/workspace.ts';
import type { Outcome } from '../../../src/shared/outcomes.ts';
import type { SuiteScore } from '../../../src/shared/results.ts';
import { temporaryFolder } from '../../support/jobContext.ts';

function openStore(path = join(temporaryFolder(), 'cria.db')): Store {
  const store = Store.open(path);
  onTestFinished(() => {
    try {
      store.close();
    } catch {
      // Closed by the test already.
    }
  });
  return store;
}

const newRun = (store: Store, name = 'run') => store.createRun({ kind: 'train', name, params: { config: {} }, project: 'p' }).id;
const valuesOf = (store: Store, id: string, name: string) => store.metricSeries(id, [name], { maxPoints: 10_000 })[0]!.values;

describe('opening the database', () => {
  it('makes it at the newest version, with strict tables and foreign keys', () => {
    const path = join(temporaryFolder(), 'cria.db');
    const db = openDatabase(path);
    expect(db.pragma('user_version', { simple: true })).toBe(MIGRATIONS.at(-1)!.version);
    expect(() => db.prepare(`INSERT INTO runs (id, kind, name, state, created_at, params) VALUES ('a', 'train', 'n', 's', 'not a time', '{}')`).run()).toThrow(/cannot store TEXT/);
    expect(() => db.prepare(`INSERT INTO logs (run_id, time, level, message) VALUES ('nobody', 1, 'info', 'x')`).run()).toThrow(/FOREIGN KEY/);
    db.close();
  });

  it('refuses one of a newer version', () => {
    const path = join(temporaryFolder(), 'cria.db');
    const db = openDatabase(path);
    db.pragma('user_version = 99990');
    db.close();
    expect(() => openDatabase(path)).toThrow(expect.objectContaining({ code: 'too-new' }));
  });

  it.each([
    ['another file', Buffer.from('this is no database, but it is longer than a header of one hundred bytes is, so that it is really read as one')],
    ['a damaged one', Buffer.concat([Buffer.from('SQLite format 3\0'), Buffer.alloc(4096, 7)])],
  ])('refuses %s and leaves it alone', (_, content) => {
    const path = join(temporaryFolder(), 'cria.db');
    writeFileSync(path, content);
    expect(() => openDatabase(path)).toThrow(expect.objectContaining({ code: 'bad-input', message: expect.stringContaining(path) as string }));
    expect(readFileSync(path).equals(content)).toBe(true);
  });

  it('backs up before a migration; a failed one changes nothing', () => {
    const path = join(temporaryFolder(), 'cria.db');
    const store = openStore(path);
    const id = newRun(store, 'precious');
    store.close();
    const broken = [...MIGRATIONS, { version: 1000, name: 'broken', sql: 'ALTER TABLE runs ADD COLUMN extra TEXT; CREATE TABLE oops (;' }];
    expect(() => openDatabase(path, broken)).toThrow(/could not be brought to version 1000 \(broken\)/);
    const again = openStore(path);
    expect(again.getRun(id).name).toBe('precious');
    expect(existsSync(`${path}.before-1000`)).toBe(true);
    const backup = openStore(`${path}.before-1000`);
    expect(backup.getRun(id).name).toBe('precious');
  });

  it.each([10, 20])('opens a database of version %i and finds everything in it', (version) => {
    const path = join(temporaryFolder(), 'cria.db');
    copyFileSync(join(import.meta.dirname, `../../fixtures/databases/v${version}.db`), path);
    const store = openStore(path);
    const { rows } = store.listRuns({});
    expect(rows).toHaveLength(1);
    const run = rows[0]!;
    expect(run).toMatchObject({ name: 'first', state: 'done', step: 40, trainLoss: 3.25, bestEvalLoss: 3.5, tags: ['kept'] });
    expect(valuesOf(store, run.id, 'train/loss')).toEqual([4.5, NaN, 3.25]);
    expect(store.listModels()).toMatchObject([{ name: 'first', parameters: 1234 }]);
    const [evaluation] = store.listEvaluations({ models: ['first'] });
    expect(evaluation).toMatchObject({ suite: 'demo', items: 2, score: 0.5, step: null, startToken: '', prefixSpace: null });
    expect(store.outcomes(evaluation!.id)).toEqual([{ kind: 'choice', subtask: 'agreement', phenomenon: 'agreement', logprobs: Float64Array.from([-1, -2, -4, -3]) }]);
  });

  it('says so when the workspace cannot be written', () => {
    const blocked = join(temporaryFolder(), 'file');
    writeFileSync(blocked, '');
    expect(() => new Workspace(join(blocked, 'workspace'))).toThrow(expect.objectContaining({ code: 'not-writable' }));
  });
});

describe('runs', () => {
  it('are found by id, by a beginning of it, and by name, the newest first', () => {
    const store = openStore();
    const [first, second] = [store.createRun({ kind: 'train', name: 'twin', params: {}, project: '', createdAt: 1e12 }).id, store.createRun({ kind: 'train', name: 'twin', params: {}, project: '', createdAt: 2e12 }).id];
    expect(store.findRun(first)).toBe(first);
    expect(store.findRun(first.slice(0, 8))).toBe(first);
    expect(store.findRun('twin')).toBe(second);
    for (const wrong of ['', 'nobody', '%']) expect(() => store.findRun(wrong)).toThrow(expect.objectContaining({ code: 'not-found' }));
  });

  it('are filtered and sorted, those without a value last', () => {
    const store = openStore();
    const ids = ['b', 'a', '100%_c'].map((name) => newRun(store, name));
    store.appendMetrics(ids[0]!, [{ step: 1, values: { 'eval/loss': 2 } }]);
    store.appendMetrics(ids[1]!, [{ step: 1, values: { 'eval/loss': 1 } }]);
    const names = (filter: Parameters<Store['listRuns']>[0]) => store.listRuns(filter).rows.map((run) => run.name);
    expect(names({ sort: 'evalLoss', descending: false })).toEqual(['a', 'b', '100%_c']);
    expect(names({ sort: 'evalLoss' })).toEqual(['b', 'a', '100%_c']);
    expect(names({ search: '%_' })).toEqual(['100%_c']);
    expect(names({ states: ['running'] })).toEqual([]);
    store.updateRun(ids[0]!, { archived: true, state: 'done' });
    expect(store.listRuns({ sort: 'name', descending: false, limit: 1 })).toMatchObject({ rows: [{ name: '100%_c' }], total: 2 });
    expect(names({ archived: true })).toEqual(['b']);
  });
});

describe('metrics', () => {
  it('keep NaN and infinities, and know last, smallest and largest', () => {
    const store = openStore();
    const id = newRun(store);
    store.appendMetrics(id, [2, NaN, Infinity, 1, -Infinity, 3].map((value, step) => ({ step, values: { 'train/loss': value } })));
    expect(valuesOf(store, id, 'train/loss')).toEqual([2, NaN, Infinity, 1, -Infinity, 3]);
    expect(store.latestMetric(id, 'train/loss')).toEqual({ last: 3, step: 5, min: 1, max: 3 });
    store.appendMetrics(id, [{ step: 6, values: { 'train/loss': NaN } }]);
    expect(store.latestMetric(id, 'train/loss')?.last).toBeNaN();
    expect(store.getSummary(id)).toMatchObject({ step: 6, trainLoss: null });
  });

  it('count once, however often they come', () => {
    const store = openStore();
    const id = newRun(store);
    const records = [1, 2, 3].map((step) => ({ step, values: { 'eval/loss': 4 - step }, tokens: 10 * step, epoch: step / 2, seconds: step }));
    store.appendMetrics(id, records);
    store.appendMetrics(id, records.slice(1));
    const [series] = store.metricSeries(id, ['eval/loss'], { maxPoints: 100 });
    expect(series).toEqual({ metric: 'eval/loss', count: 3, smoothed: [], steps: [1, 2, 3], values: [3, 2, 1], tokens: [10, 20, 30], epochs: [0.5, 1, 1.5], seconds: [1, 2, 3] });
    expect(store.getSummary(id)).toMatchObject({ evalLoss: 1, bestEvalLoss: 1, step: 3 });
  });

  it('are taken in from a file exactly once, an unfinished line when it is finished', () => {
    const store = openStore();
    const id = newRun(store);
    const path = join(temporaryFolder(), 'metrics.jsonl');
    store.takeInMetricFile(id, path); // Not there yet.
    const line = (step: number, value: number | string) => `${JSON.stringify({ step, values: { 'train/loss': value } })}\n`;
    appendFileSync(path, line(1, 5) + line(2, 'NaN') + line(3, 3).slice(0, 12));
    store.takeInMetricFile(id, path);
    expect(valuesOf(store, id, 'train/loss')).toEqual([5, NaN]);
    appendFileSync(path, line(3, 3).slice(12) + 'spoilt\n' + line(4, 2));
    store.takeInMetricFile(id, path);
    store.takeInMetricFile(id, path);
    expect(valuesOf(store, id, 'train/loss')).toEqual([5, NaN, 3, 2]);
  });

  it('are taken in from a file larger than a chunk', () => {
    const store = openStore();
    const id = newRun(store);
    const path = join(temporaryFolder(), 'metrics.jsonl');
    const count = 30_000;
    appendFileSync(path, Array.from({ length: count }, (_, step) => `${JSON.stringify({ step, values: { 'train/loss': step / 7 }, tokens: step })}\n`).join(''));
    store.takeInMetricFile(id, path);
    const [series] = store.metricSeries(id, ['train/loss'], { maxPoints: 100_000 });
    expect(series!.count).toBe(count);
    expect(series!.values.at(-1)).toBe((count - 1) / 7);
  });
});

describe('evaluations', () => {
  it('keep every pair, and replace an earlier score of the same run, model and suite', () => {
    const store = openStore();
    const id = newRun(store);
    const subtask = { subtask: 's', phenomenon: null, items: 2, correct: 1, metric: 'accuracy' as const, score: 0.5, low: 0.1, high: 0.9 };
    const score: SuiteScore = {
      suite: 'demo', version: '1', protocol: 'p', startToken: '<s>', prefixSpace: false, model: 'm', step: null, score: 0.5, low: 0.1, high: 0.9, subtasks: [subtask], phenomena: [], seconds: 1,
    };
    const outcome = (first: number): Outcome => ({ kind: 'choice', subtask: 's', phenomenon: null, logprobs: Float64Array.from([first, 2, 3, 4]) });
    store.recordEvaluation(id, score, [outcome(1)]);
    const again = store.recordEvaluation(id, { ...score, score: 0.75 }, [outcome(-1.5)]);
    expect(store.listEvaluations({ models: ['m'], suite: 'demo' })).toMatchObject([{ id: again, score: 0.75, items: 2, runId: id, startToken: '<s>', prefixSpace: false }]);
    expect(store.listSubtasks(again)).toEqual([subtask]);
    expect(store.outcomes(again)).toEqual([outcome(-1.5)]);
    expect(store.listEvaluations({ models: ['other'] })).toEqual([]);
  });

  it('keep checkpoints apart from the model, and classes as they were predicted', () => {
    const store = openStore();
    const id = newRun(store);
    const subtask = { subtask: 'rte', phenomenon: null, items: 3, correct: 2, metric: 'f1' as const, score: 0.5, low: 0.1, high: 0.9 };
    const score = (step: number | null): SuiteScore => ({
      suite: 'glue', version: '1', protocol: 'p', startToken: null, prefixSpace: true, model: 'm', step, score: 0.5, low: 0.1, high: 0.9, subtasks: [subtask], phenomena: [], seconds: 1,
    });
    const outcome: Outcome = { kind: 'fine-tuning', subtask: 'rte', phenomenon: null, metric: 'f1', predicted: Int32Array.from([1, 0, 1]), labels: Int32Array.from([1, 0, 0]) };
    for (const step of [null, 10, 20, 10]) store.recordEvaluation(id, score(step), [outcome]);
    expect(store.listEvaluations({ of: 'models' }).map(({ step }) => step)).toEqual([null]);
    const checkpoints = store.listEvaluations({ of: 'checkpoints' });
    expect(checkpoints.map(({ step }) => step)).toEqual([10, 20]);
    expect(store.outcomes(checkpoints[0]!.id)).toEqual([outcome]);
  });
});

describe('the workspace lock', () => {
  it('lets one in, says who it is, and opens again', () => {
    const root = temporaryFolder();
    expect(readWorkspaceLock(root)).toBeNull();
    const lock = acquireWorkspaceLock(root, { socket: '/s' });
    expect(readWorkspaceLock(root)).toMatchObject({ pid: process.pid, socket: '/s' });
    expect(() => acquireWorkspaceLock(root, { socket: null })).toThrow(expect.objectContaining({ code: 'busy', message: expect.stringContaining(String(process.pid)) as string }));
    lock.release();
    expect(readWorkspaceLock(root)).toBeNull();
    acquireWorkspaceLock(root, { socket: null }).release();
    expect(readdirSync(root)).toEqual([]);
  });

  it('is respected while its process lives and taken over when it is gone', async () => {
    const root = temporaryFolder();
    const lockModule = join(import.meta.dirname, '../../../src/main/store/lock.ts');
    const script = `import { acquireWorkspaceLock } from ${JSON.stringify(lockModule)}; acquireWorkspaceLock(${JSON.stringify(root)}, { socket: null }); process.stdout.write('locked'); setInterval(() => {}, 1e6);`;
    const child = spawn(process.execPath, ['--disable-warning=ExperimentalWarning', '--input-type=module', '-e', script], { stdio: ['ignore', 'pipe', 'inherit'] });
    await new Promise((resolve) => child.stdout.once('data', resolve));
    expect(() => acquireWorkspaceLock(root, { socket: null })).toThrow(expect.objectContaining({ code: 'busy', message: expect.stringContaining(String(child.pid)) as string }));
    child.kill('SIGKILL');
    await new Promise((resolve) => child.once('close', resolve));
    expect(readWorkspaceLock(root)).toBeNull();
    acquireWorkspaceLock(root, { socket: null }).release();
  });

  it('of another process with the same number is stale', () => {
    const root = temporaryFolder();
    const lock = acquireWorkspaceLock(root, { socket: null });
    const path = join(root, 'engine.lock');
    writeFileSync(path, readFileSync(path, 'utf8').replace(/"startTime":"\d+"/, '"startTime":"1"'));
    lock.release();
    expect(existsSync(path)).toBe(true); // Not ours any more, so not ours to remove.
    acquireWorkspaceLock(root, { socket: null }).release();
    expect(existsSync(path)).toBe(false);
  });

  it('that is no lock is put aside', () => {
    const root = temporaryFolder();
    mkdirSync(root, { recursive: true });
    writeFileSync(join(root, 'engine.lock'), 'garbage');
    acquireWorkspaceLock(root, { socket: null }).release();
  });
});

it('Trackio 133, 448: a database that somebody else writes to waits instead of failing', () => {
  const path = join(temporaryFolder(), 'cria.db');
  const store = openStore(path);
  const other = new Database(path);
  other.pragma('busy_timeout = 1000');
  const id = newRun(store);
  other.prepare('UPDATE runs SET notes = ? WHERE id = ?').run('from elsewhere', id);
  other.close();
  expect(store.getRun(id).notes).toBe('from elsewhere');
});
