/** Runs: one row each, with the latest losses in it so that a list of thousands reads nothing else. */
import type Database from 'better-sqlite3';
import { randomBytes } from 'node:crypto';
import { CriaError, type WireError } from '../../shared/errors.ts';
import type { MetricColumn } from '../../shared/contract/runs.ts';
import type { JobKind, JobState } from '../../shared/jobs.ts';
import type { Progress } from '../../shared/progress.ts';
import type { RunDetail, RunSummary } from '../../shared/records.ts';
import { colourIndex, COLOURS } from '../../shared/runColours.ts';
import { fromStored } from './points.ts';

export interface NewRunRow {
  kind: JobKind;
  name: string;
  params: unknown;
  project: string;
  modelName?: string | undefined;
  seed?: number | undefined;
  createdAt?: number;
}

export interface RunPatch {
  state?: JobState;
  params?: unknown;
  result?: unknown;
  error?: WireError | null;
  progress?: Progress | null;
  startedAt?: number | null;
  finishedAt?: number | null;
  pid?: number | null;
  device?: string | null;
  versions?: Record<string, string>;
  corpusSha256?: string | null;
  tokenizerSha256?: string | null;
  name?: string;
  notes?: string;
  tags?: string[];
  starred?: boolean;
  archived?: boolean;
}

export interface RunFilter {
  kinds?: readonly JobKind[] | undefined;
  states?: readonly JobState[] | undefined;
  search?: string | undefined;
  project?: string | undefined;
  archived?: boolean | undefined;
  starred?: boolean | undefined;
  ids?: readonly string[] | undefined;
  sort?: keyof typeof SORT_COLUMNS | MetricColumn | undefined;
  descending?: boolean | undefined;
  limit?: number | undefined;
  offset?: number | undefined;
  columns?: readonly MetricColumn[] | undefined;
}

export interface RunList {
  rows: RunSummary[];
  /** Of each row, the value of each column asked for. */
  values: (number | null)[][];
  /** Runs that fit, with those that limit and offset leave out. */
  total: number;
}

const SORT_COLUMNS = { created: 'created_at', name: 'name', state: 'state', trainLoss: 'train_loss', evalLoss: 'eval_loss', bestEvalLoss: 'best_eval_loss' } as const;

/** Column of each field of a patch, and how its value is written. */
const PATCH_COLUMNS: Record<keyof RunPatch, string> = {
  state: 'state', params: 'params', result: 'result', error: 'error', progress: 'progress', startedAt: 'started_at', finishedAt: 'finished_at', pid: 'pid',
  device: 'device', versions: 'versions', corpusSha256: 'corpus_sha256', tokenizerSha256: 'tokenizer_sha256', name: 'name', notes: 'notes', tags: 'tags',
  starred: 'starred', archived: 'archived',
};

const SUMMARY_COLUMNS = `runs.id, kind, name, state, project, tags, starred, archived, created_at, started_at, finished_at, model_name, runs.step, train_loss,
  eval_loss, best_eval_loss, progress, error`;

interface SummaryRow {
  id: string;
  kind: JobKind;
  name: string;
  state: JobState;
  project: string;
  tags: string;
  starred: number;
  archived: number;
  created_at: number;
  started_at: number | null;
  finished_at: number | null;
  model_name: string | null;
  step: number | null;
  train_loss: number | null;
  eval_loss: number | null;
  best_eval_loss: number | null;
  progress: string | null;
  error: string | null;
}

interface DetailRow extends SummaryRow {
  params: string;
  result: string | null;
  notes: string;
  pid: number | null;
  device: string | null;
  versions: string;
  corpus_sha256: string | null;
  tokenizer_sha256: string | null;
}

const CROCKFORD = '0123456789abcdefghjkmnpqrstvwxyz';

/** Ids sort by time: eight characters of it in base 32, then four of chance. */
export function newRunId(time: number): string {
  let stamp = '';
  for (let rest = Math.floor(time), i = 0; i < 9; i++, rest = Math.floor(rest / 32)) stamp = CROCKFORD[rest % 32]! + stamp;
  return `${stamp}${[...randomBytes(4)].map((byte) => CROCKFORD[byte % 32]).join('')}`;
}

export class RunTable {
  readonly #db: Database.Database;

  constructor(db: Database.Database) {
    this.#db = db;
  }

  create(run: NewRunRow): { id: string } {
    const createdAt = run.createdAt ?? Date.now();
    const id = this.#colourfulId(createdAt, run.kind);
    this.#db
      .prepare(`INSERT INTO runs (id, kind, name, state, project, created_at, model_name, seed, params) VALUES (?, ?, ?, 'waiting', ?, ?, ?, ?, ?)`)
      .run(id, run.kind, run.name, run.project, createdAt, run.modelName ?? null, run.seed ?? null, JSON.stringify(run.params));
    return { id };
  }

  /** A run's colour follows from its id: runs of a kind that are made one after the other get different ones. */
  #colourfulId(createdAt: number, kind: JobKind): string {
    const recent = this.#db.prepare('SELECT id FROM runs WHERE kind = ? ORDER BY id DESC LIMIT ?').pluck().all(kind, COLOURS - 1) as string[];
    const taken = new Set(recent.map(colourIndex));
    let id = newRunId(createdAt);
    while (taken.has(colourIndex(id))) id = newRunId(createdAt);
    return id;
  }

  update(id: string, patch: RunPatch): void {
    const entries = Object.entries(patch).filter(([, value]) => value !== undefined) as [keyof RunPatch, unknown][];
    if (!entries.length) return;
    const assignments = entries.map(([field]) => `${PATCH_COLUMNS[field]} = ?`).join(', ');
    this.#db.prepare(`UPDATE runs SET ${assignments} WHERE id = ?`).run(...entries.map(([, value]) => toColumn(value)), id);
  }

  /** @throws CriaError `not-found` */
  get(id: string): RunDetail {
    const row = this.#db.prepare(`SELECT ${SUMMARY_COLUMNS}, params, result, notes, pid, device, versions, corpus_sha256, tokenizer_sha256 FROM runs WHERE id = ?`).get(id) as DetailRow | undefined;
    if (!row) throw notFound(id);
    const metrics = this.#db.prepare('SELECT name FROM latest_metrics JOIN metric_names ON metric_names.id = metric_id WHERE run_id = ? ORDER BY name').all(id) as { name: string }[];
    return {
      ...toSummary(row),
      params: JSON.parse(row.params) as unknown,
      result: row.result === null ? null : (JSON.parse(row.result) as unknown),
      notes: row.notes,
      folder: '',
      pid: row.pid,
      device: row.device,
      versions: JSON.parse(row.versions) as Record<string, string>,
      corpusSha256: row.corpus_sha256,
      tokenizerSha256: row.tokenizer_sha256,
      metrics: metrics.map(({ name }) => name),
    };
  }

  summary(id: string): RunSummary {
    const row = this.#db.prepare(`SELECT ${SUMMARY_COLUMNS} FROM runs WHERE id = ?`).get(id) as SummaryRow | undefined;
    if (!row) throw notFound(id);
    return toSummary(row);
  }

  /**
   * The run that a person means: by id, by a beginning of an id that only one run has, or the newest of that name.
   * @throws CriaError `not-found` when there is none or an id's beginning fits several
   */
  find(reference: string): string {
    const exact = this.#db.prepare('SELECT id FROM runs WHERE id = ?').get(reference) as { id: string } | undefined;
    if (exact) return exact.id;
    const named = this.#db.prepare(`SELECT id FROM runs WHERE name = ? ORDER BY kind IN ('train', 'imported') DESC, created_at DESC LIMIT 1`).get(reference) as { id: string } | undefined;
    if (named) return named.id;
    const starting = this.#db.prepare('SELECT id FROM runs WHERE substr(id, 1, ?) = ? LIMIT 2').all(reference.length, reference) as { id: string }[];
    if (starting.length === 1 && reference) return starting[0]!.id;
    if (starting.length > 1 && reference) throw new CriaError('not-found', `Several runs' ids start with "${reference}".`, 'Give more of the id.');
    throw notFound(reference);
  }

  list(filter: RunFilter): RunList {
    const conditions = ['archived = ?'];
    const values: (string | number)[] = [filter.archived ? 1 : 0];
    const oneOf = (column: string, choices: readonly string[] | undefined) => {
      if (!choices) return;
      conditions.push(`${column} IN (${choices.map(() => '?').join(', ')})`);
      values.push(...choices);
    };
    oneOf('id', filter.ids);
    oneOf('kind', filter.kinds);
    oneOf('state', filter.states);
    if (filter.starred) conditions.push('starred = 1');
    if (filter.project !== undefined) {
      conditions.push('project = ?');
      values.push(filter.project);
    }
    if (filter.search) {
      conditions.push(`(name LIKE ? ESCAPE '\\' OR tags LIKE ? ESCAPE '\\' OR notes LIKE ? ESCAPE '\\')`);
      const pattern = `%${filter.search.replace(/[\\%_]/g, '\\$&')}%`;
      values.push(pattern, pattern, pattern);
    }
    const where = conditions.join(' AND ');
    const { sort = 'created', columns = [] } = filter;
    const joined = typeof sort === 'string' ? columns : [...columns, sort];
    const joins = joined.map((_, i) => `LEFT JOIN latest_metrics AS m${i} ON m${i}.run_id = runs.id AND m${i}.metric_id = (SELECT id FROM metric_names WHERE metric_names.name = ?)`).join(' ');
    const picked = columns.map(({ value }, i) => `, m${i}.${value} AS value${i}, ${value === 'last' ? `m${i}.non_finite` : '0'} AS mark${i}`).join('');
    const key = typeof sort === 'string' ? SORT_COLUMNS[sort] : `m${columns.length}.${sort.value}`;
    const order = `${key} ${filter.descending === false ? 'ASC' : 'DESC'} NULLS LAST, created_at DESC`;
    const rows = this.#db
      .prepare(`SELECT ${SUMMARY_COLUMNS}${picked} FROM runs ${joins} WHERE ${where} ORDER BY ${order} LIMIT ? OFFSET ?`)
      .all(...joined.map(({ metric }) => metric), ...values, filter.limit ?? 100, filter.offset ?? 0) as (SummaryRow & Record<string, number | null>)[];
    const { total } = this.#db.prepare(`SELECT count(*) AS total FROM runs WHERE ${where}`).get(...values) as { total: number };
    return { rows: rows.map(toSummary), values: rows.map((row) => columns.map((_, i) => valueOf(row[`value${i}`]!, row[`mark${i}`]!))), total };
  }
}

/** Null where the run has no such metric, or no finite value of it. */
function valueOf(stored: number | null, mark: number | null): number | null {
  return stored === null && !mark ? null : fromStored(stored, mark ?? 0);
}

function notFound(reference: string): CriaError {
  return new CriaError('not-found', `There is no run "${reference}".`, 'See `cria runs --all` for ids and names.');
}

function toColumn(value: unknown): string | number | null {
  if (value === null || typeof value === 'string' || typeof value === 'number') return value;
  if (typeof value === 'boolean') return value ? 1 : 0;
  return JSON.stringify(value);
}

function toSummary(row: SummaryRow): RunSummary {
  return {
    id: row.id,
    kind: row.kind,
    name: row.name,
    state: row.state,
    project: row.project,
    tags: JSON.parse(row.tags) as string[],
    starred: row.starred === 1,
    archived: row.archived === 1,
    createdAt: row.created_at,
    startedAt: row.started_at,
    finishedAt: row.finished_at,
    modelName: row.model_name,
    step: row.step,
    trainLoss: row.train_loss,
    evalLoss: row.eval_loss,
    bestEvalLoss: row.best_eval_loss,
    progress: row.progress === null ? null : (JSON.parse(row.progress) as Progress),
    error: row.error === null ? null : (JSON.parse(row.error) as WireError),
  };
}
