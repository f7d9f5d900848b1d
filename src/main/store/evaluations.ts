/** Models and what they scored, down to every item. */
import type Database from 'better-sqlite3';
import type { Outcome } from '../../shared/outcomes.ts';
import type { EvaluationRecord, ModelRecord } from '../../shared/records.ts';
import type { SubtaskScore, SuiteScore } from '../../shared/results.ts';

interface EvaluationRow extends Omit<EvaluationRecord, 'runId' | 'createdAt' | 'startToken' | 'prefixSpace'> {
  run_id: string;
  created_at: number;
  start_token: string | null;
  prefix_space: 0 | 1 | null;
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

type OutcomeRow = Pick<SubtaskScore, 'subtask' | 'phenomenon' | 'metric'> & { logprobs: Buffer | null; classes: Buffer | null };

export interface EvaluationFilter {
  models?: readonly string[] | undefined;
  suite?: string | undefined;
  /** Scores of finished models, of checkpoints, or (left out) both. */
  of?: 'models' | 'checkpoints' | undefined;
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

  /** Stores a suite's scores with the outcomes behind them; a run's earlier score of the same model, checkpoint and suite is replaced. */
  record(runId: string, score: SuiteScore, measured: readonly Outcome[]): number {
    return this.#db.transaction(() => {
      this.#db.prepare('DELETE FROM evaluations WHERE run_id = ? AND model = ? AND step IS ? AND suite = ?').run(runId, score.model, score.step, score.suite);
      const items = score.subtasks.reduce((sum, subtask) => sum + subtask.items, 0);
      const { lastInsertRowid } = this.#db
        .prepare('INSERT INTO evaluations (run_id, model, step, suite, version, protocol, start_token, prefix_space, score, low, high, items, seconds, created_at) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)')
        .run(runId, score.model, score.step, score.suite, score.version, score.protocol, score.startToken, score.prefixSpace === null ? null : Number(score.prefixSpace), score.score, score.low, score.high, items, score.seconds, Date.now());
      const id = Number(lastInsertRowid);
      const insert = this.#db.prepare('INSERT INTO subtask_scores (evaluation_id, subtask, phenomenon, items, correct, metric, score, low, high, logprobs, classes) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)');
      const outcomes = new Map(measured.map((outcome) => [outcome.subtask, outcome]));
      for (const row of score.subtasks) {
        insert.run(id, row.subtask, row.phenomenon, row.items, row.correct, row.metric, row.score, row.low, row.high, ...toBlobs(outcomes.get(row.subtask)));
      }
      return id;
    })();
  }

  list({ models, suite, of }: EvaluationFilter): EvaluationRecord[] {
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
    if (of) conditions.push(of === 'models' ? 'step IS NULL' : 'step IS NOT NULL');
    const rows = this.#db.prepare(`SELECT * FROM evaluations WHERE ${conditions.join(' AND ')} ORDER BY created_at DESC, id DESC`).all(...values) as EvaluationRow[];
    return rows.map(({ run_id: runId, created_at: createdAt, start_token: startToken, prefix_space: prefixSpace, ...evaluation }) => ({
      ...evaluation, runId, createdAt, startToken, prefixSpace: prefixSpace === null ? null : prefixSpace === 1,
    }));
  }

  subtasks(evaluationId: number): SubtaskScore[] {
    return this.#db.prepare('SELECT subtask, phenomenon, items, correct, metric, score, low, high FROM subtask_scores WHERE evaluation_id = ? ORDER BY subtask').all(evaluationId) as SubtaskScore[];
  }

  outcomes(evaluationId: number): Outcome[] {
    const rows = this.#db.prepare('SELECT subtask, phenomenon, metric, logprobs, classes FROM subtask_scores WHERE evaluation_id = ? ORDER BY subtask').all(evaluationId) as OutcomeRow[];
    return rows.map(({ logprobs, classes, subtask, phenomenon, metric }): Outcome => {
      if (classes === null) return { kind: 'choice', subtask, phenomenon, logprobs: new Float64Array(alignedBytes(logprobs ?? Buffer.alloc(0))) };
      const values = new Int32Array(alignedBytes(classes));
      return { kind: 'fine-tuning', subtask, phenomenon, metric, predicted: values.filter((_, i) => i % 2 === 0), labels: values.filter((_, i) => i % 2 === 1) };
    });
  }
}

/** What goes into `logprobs` and `classes`. */
function toBlobs(outcome: Outcome | undefined): [Buffer | null, Buffer | null] {
  if (!outcome) return [Buffer.alloc(0), null];
  if (outcome.kind === 'choice') return [Buffer.from(outcome.logprobs.buffer, outcome.logprobs.byteOffset, outcome.logprobs.byteLength), null];
  const values = Int32Array.from({ length: 2 * outcome.labels.length }, (_, i) => (i % 2 === 0 ? outcome.predicted : outcome.labels)[i >> 1]!);
  return [null, Buffer.from(values.buffer)];
}

/** Copied: a typed array needs an aligned start. */
function alignedBytes(blob: Buffer): ArrayBuffer {
  return new Uint8Array(blob).buffer;
}
