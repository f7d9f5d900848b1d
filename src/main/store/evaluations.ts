/** Models and what they scored, down to every pair's log-probabilities. */
import type Database from 'better-sqlite3';
import type { EvaluationRecord, ModelRecord } from '../../shared/records.ts';
import type { SubtaskScore, SuiteScore } from '../../shared/results.ts';

/** Log-probabilities (nats) of a subtask's pairs: good 0, bad 0, good 1, bad 1, ... */
export interface StoredLogprobs {
  subtask: string;
  phenomenon: string | null;
  logprobs: Float64Array;
}

interface EvaluationRow extends Omit<EvaluationRecord, 'runId' | 'createdAt'> {
  run_id: string;
  created_at: number;
}

interface ModelRow {
  name: string;
  folder: string;
  type: string;
  parameters: number;
  run_id: string | null;
  tokenizer_sha256: string | null;
  eval_loss: number | null;
  created_at: number;
}

export class EvaluationTable {
  readonly #db: Database.Database;

  constructor(db: Database.Database) {
    this.#db = db;
  }

  recordModel(model: ModelRecord): void {
    this.#db
      .prepare('INSERT OR REPLACE INTO models (name, folder, type, parameters, run_id, tokenizer_sha256, eval_loss, created_at) VALUES (?, ?, ?, ?, ?, ?, ?, ?)')
      .run(model.name, model.folder, model.type, model.parameters, model.runId, model.tokenizerSha256, model.evalLoss, model.createdAt);
  }

  listModels(): ModelRecord[] {
    const rows = this.#db.prepare('SELECT * FROM models ORDER BY created_at DESC, name').all() as ModelRow[];
    return rows.map(({ run_id: runId, tokenizer_sha256: tokenizerSha256, eval_loss: evalLoss, created_at: createdAt, ...model }) => ({ ...model, runId, tokenizerSha256, evalLoss, createdAt }));
  }

  /** Stores a suite's scores with the log-probabilities behind them; a run's earlier score of the same model and suite is replaced. */
  record(runId: string, score: SuiteScore, measured: readonly StoredLogprobs[]): number {
    return this.#db.transaction(() => {
      this.#db.prepare('DELETE FROM evaluations WHERE run_id = ? AND model = ? AND suite = ?').run(runId, score.model, score.suite);
      const items = score.subtasks.reduce((sum, subtask) => sum + subtask.items, 0);
      const { lastInsertRowid } = this.#db
        .prepare('INSERT INTO evaluations (run_id, model, suite, version, protocol, accuracy, low, high, items, seconds, created_at) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)')
        .run(runId, score.model, score.suite, score.version, score.protocol, score.accuracy, score.low, score.high, items, score.seconds, Date.now());
      const id = Number(lastInsertRowid);
      const insert = this.#db.prepare('INSERT INTO subtask_scores (evaluation_id, subtask, phenomenon, items, correct, accuracy, low, high, logprobs) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)');
      const logprobs = new Map(measured.map((subtask) => [subtask.subtask, subtask.logprobs]));
      for (const row of score.subtasks) {
        insert.run(id, row.subtask, row.phenomenon, row.items, row.correct, row.accuracy, row.low, row.high, toBlob(logprobs.get(row.subtask) ?? new Float64Array()));
      }
      return id;
    })();
  }

  list({ models, suite }: { models?: readonly string[] | undefined; suite?: string | undefined }): EvaluationRecord[] {
    const conditions: string[] = ['1'];
    const values: string[] = [];
    if (models) {
      conditions.push(`model IN (${models.map(() => '?').join(', ')})`);
      values.push(...models);
    }
    if (suite !== undefined) {
      conditions.push('suite = ?');
      values.push(suite);
    }
    const rows = this.#db.prepare(`SELECT * FROM evaluations WHERE ${conditions.join(' AND ')} ORDER BY created_at DESC, id DESC`).all(...values) as EvaluationRow[];
    return rows.map(({ run_id: runId, created_at: createdAt, ...evaluation }) => ({ ...evaluation, runId, createdAt }));
  }

  subtasks(evaluationId: number): SubtaskScore[] {
    return this.#db.prepare('SELECT subtask, phenomenon, items, correct, accuracy, low, high FROM subtask_scores WHERE evaluation_id = ? ORDER BY subtask').all(evaluationId) as SubtaskScore[];
  }

  logprobs(evaluationId: number): StoredLogprobs[] {
    const rows = this.#db.prepare('SELECT subtask, phenomenon, logprobs FROM subtask_scores WHERE evaluation_id = ? ORDER BY subtask').all(evaluationId) as { subtask: string; phenomenon: string | null; logprobs: Buffer }[];
    return rows.map((row) => ({ ...row, logprobs: fromBlob(row.logprobs) }));
  }
}

function toBlob(values: Float64Array): Buffer {
  return Buffer.from(values.buffer, values.byteOffset, values.byteLength);
}

function fromBlob(blob: Buffer): Float64Array {
  // Copied: a Float64Array needs an aligned start.
  return new Float64Array(new Uint8Array(blob).buffer);
}
