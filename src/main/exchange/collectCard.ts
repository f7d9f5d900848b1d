/** Gathers what a model's card says from the store, and keeps the card in the model's folder. */
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import type { RunConfig } from '../../shared/config.ts';
import type { EvaluationRecord, ModelRecord } from '../../shared/records.ts';
import type { TrainResult } from '../../shared/results.ts';
import { comparisonKey } from '../../shared/scores.ts';
import { writeFileAtomic } from '../disk/atomic.ts';
import { foreignFile, readBounded } from '../disk/foreignFile.ts';
import type { Store } from '../store/store.ts';
import { CARD_MARK, modelCard } from './modelCard.ts';

const FILE = 'README.md';
const MAX_CARD_BYTES = 4e6;

/** The card of a model of the workspace, as things stand. */
export function collectCard(store: Store, model: ModelRecord): string {
  return modelCard({ model, run: runOf(store, model), scores: newestScores(store, model.name).map((evaluation) => ({ evaluation, subtasks: store.listSubtasks(evaluation.id) })) });
}

/** Brings the card in a model's folder up to date, unless a person wrote the README there. */
export function keepCard(store: Store, name: string): void {
  const model = store.listModels().find((candidate) => candidate.name === name);
  if (!model || !existsSync(model.folder)) return;
  const path = join(model.folder, FILE);
  if (existsSync(path) && !readCard(model.folder).includes(CARD_MARK)) return;
  writeFileAtomic(path, (append) => append(collectCard(store, model)));
}

/** What an export of a model says of it: the README that lies in its folder when a person wrote it, else its card, if it is one of the workspace. */
export function cardOf(store: Store, { name, folder }: { name: string; folder: string }): string | null {
  const path = join(folder, FILE);
  const written = existsSync(path) ? readCard(folder) : null;
  if (written !== null && !written.includes(CARD_MARK)) return written;
  const model = store.listModels().find((candidate) => candidate.name === name && candidate.folder === folder);
  return model ? collectCard(store, model) : written;
}

/** A README as it lies in a folder that may be a stranger's. */
function readCard(folder: string): string {
  return readBounded(foreignFile(folder, FILE, 'bad-model'), MAX_CARD_BYTES, 'bad-model');
}

function runOf(store: Store, { runId }: ModelRecord) {
  if (runId === null) return null;
  const { kind, params, result, versions, device, finishedAt } = store.getRun(runId);
  if (kind !== 'train' || !result) return null;
  return { config: (params as { config: RunConfig }).config, result: result as TrainResult, versions, device, finishedAt };
}

function newestScores(store: Store, name: string): EvaluationRecord[] {
  const newest = new Map<string, EvaluationRecord>();
  // Newest first.
  for (const evaluation of store.listEvaluations({ models: [name] })) {
    // A checkpoint's score is not the model's.
    if (evaluation.step !== null) continue;
    const key = comparisonKey(evaluation);
    if (!newest.has(key)) newest.set(key, evaluation);
  }
  return [...newest.values()].sort((a, b) => a.suite.localeCompare(b.suite));
}
