/** What a finished job leaves in the store beside its result: a model, an evaluation with every pair's log-probabilities. */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import type { JobKind } from '../../shared/jobs.ts';
import type { EvaluateResult, ModelFolderResult, TrainResult } from '../../shared/results.ts';
import { readSuiteLogprobs } from '../evaluation/logprobFiles.ts';
import type { Store } from '../store/store.ts';
import type { Workspace } from '../workspace.ts';

export function recordOutcome(store: Store, workspace: Workspace, runId: string, kind: JobKind, result: unknown): void {
  if (kind === 'train') recordTrained(store, runId, result as TrainResult);
  if (kind === 'import') recordImported(store, runId, result as ModelFolderResult);
  if (kind === 'evaluate') {
    for (const score of (result as EvaluateResult).scores) {
      store.recordEvaluation(runId, score, readSuiteLogprobs(workspace.runFolder(runId), score));
    }
  }
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
