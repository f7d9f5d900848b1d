/** What a finished job leaves in the store beside its result: a model, an evaluation with what was measured item by item. */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import type { JobKind } from '../../shared/jobs.ts';
import type { EvaluateResult, ModelFolderResult, SuiteScore, TrainResult } from '../../shared/results.ts';
import { readOutcomes } from '../evaluation/outcomeFiles.ts';
import type { Store } from '../store/store.ts';
import type { Workspace } from '../workspace.ts';

export function recordOutcome(store: Store, workspace: Workspace, runId: string, kind: JobKind, result: unknown): void {
  if (kind === 'train') recordTrained(store, runId, result as TrainResult);
  if (kind === 'import') recordImported(store, runId, result as ModelFolderResult);
  if (kind === 'evaluate') {
    // Most were recorded as they came; what an earlier start of the run had finished is found again only here.
    const keyOf = ({ model, step, suite }: Pick<SuiteScore, 'model' | 'step' | 'suite'>): string => JSON.stringify([model, step, suite]);
    const known = new Set(store.listEvaluations({}).filter((evaluation) => evaluation.runId === runId).map(keyOf));
    for (const score of (result as EvaluateResult).scores) {
      if (!known.has(keyOf(score))) recordScore(store, workspace, runId, score);
    }
  }
}

/** A model's score on a suite, with what the job has left in the run's folder. */
export function recordScore(store: Store, workspace: Workspace, runId: string, score: SuiteScore): void {
  store.recordEvaluation(runId, score, readOutcomes(workspace.runFolder(runId), score));
}

function recordTrained(store: Store, runId: string, result: TrainResult): void {
  store.updateRun(runId, { corpusSha256: result.corpusSha256, tokenizerSha256: result.tokenizerSha256 });
  store.recordModel({
    name: result.model,
    folder: result.folder,
    type: modelType(result.folder),
    parameters: result.parameters,
    runId,
    tokenizerSha256: result.tokenizerSha256,
    evalLoss: result.evalLossNats,
    createdAt: Date.now(),
  });
}

function recordImported(store: Store, runId: string, result: ModelFolderResult): void {
  store.recordModel({
    name: result.model,
    folder: result.folder,
    type: result.type,
    parameters: result.parameters,
    runId,
    tokenizerSha256: null,
    evalLoss: null,
    createdAt: Date.now(),
  });
}

function modelType(folder: string): string {
  const config = JSON.parse(readFileSync(join(folder, 'config.json'), 'utf8')) as { model_type: string };
  return config.model_type;
}
