/** What a run of a config would take, reckoned before it starts. Shapes in comments as in models/. */
import { existsSync, readdirSync, statSync } from 'node:fs';
import { join } from 'node:path';
import type { RunConfig } from '../../shared/config.ts';
import type { Estimate } from '../../shared/contract/configs.ts';
import type { TrainResult } from '../../shared/results.ts';
import { MAX_TOKENIZER_BYTES } from '../corpus/tokenizerSchema.ts';
import { readBounded } from '../disk/foreignFile.ts';
import { chooseExecution, machineDevice } from '../tensorflow/execution.ts';
import { modelConfigFromRun } from '../models/configJson.ts';
import { countParameters } from '../models/parameterShapes.ts';
import type { Store } from '../store/store.ts';
import { memoryBytes } from './memory.ts';
import type { Workspace } from '../workspace.ts';

export interface EstimateContext {
  workspace: Workspace;
  store: Store;
  searchFolders: readonly string[];
}

/** UTF-8 bytes a token of a 16,000-token vocabulary takes on cleaned BabyLM text; measured on this project's reference data, 3.9 to 4.6. */
const BYTES_PER_TOKEN = 4.2;
/** Earlier runs whose speed is looked at. */
const RECENT_RUNS = 5;

export function estimateRun(config: RunConfig, context: EstimateContext): Estimate {
  const vocabulary = vocabularySize(config.data.tokenizer_path);
  const parameters = vocabulary === null ? null : countParameters(modelConfigFromRun(config, vocabulary));
  const { tokens, exact } = countTokens(config, context);
  const steps = tokens === null ? null : countSteps(config, tokens);
  const teachers = teacherParameters(config, context);
  const trainedTokens = steps === null ? null : steps * config.training.batch_size * config.data.seq_length;
  const speed = parameters === null || trainedTokens === null ? null : recentSpeed(context.store, parameters);
  return {
    parameters,
    vocabulary,
    tokens,
    tokensExact: exact,
    steps,
    memoryBytes: parameters === null || vocabulary === null ? null : memoryBytes(config, { parameters, vocabulary, teacherParameters: teachers, halfTeachers: chooseExecution(config.training, machineDevice()).precision !== 'float32' }),
    // The newest checkpoint, the best one and the one being written: weights and two moments each; then the model itself.
    diskBytes: parameters === null ? null : parameters * 4 * (3 * 3 + 1),
    // A teacher's forward pass is a third of a training step of its size.
    seconds: speed === null ? null : (trainedTokens! * (parameters! + teachers / 3)) / speed.parameterTokensPerSecond,
    basis: speed?.basis ?? null,
  };
}

/** From the file alone: it holds a megabyte of JSON, and the engine wants no tokenizer in memory for it. */
export function vocabularySize(path: string): number | null {
  try {
    const { model, added_tokens: added } = JSON.parse(readBounded(path, MAX_TOKENIZER_BYTES, 'bad-input')) as { model: { vocab: Record<string, number> }; added_tokens?: { id: number }[] };
    // Not Math.max(...ids): a large vocabulary has more ids than a call takes arguments.
    return 1 + [...Object.values(model.vocab), ...(added ?? []).map(({ id }) => id)].reduce((largest, id) => Math.max(largest, id), 0);
  } catch {
    return null; // The missing file is a problem of its own.
  }
}

function countTokens({ data }: RunConfig, { store }: EstimateContext): { tokens: number | null; exact: boolean } {
  if (!existsSync(data.train_path)) return { tokens: null, exact: false };
  const bytes = textBytes(data.train_path);
  // A finished run on the same text with the same tokenizer has counted them.
  for (const { id } of store.listRuns({ kinds: ['train'], states: ['done'], limit: 50 }).rows) {
    const run = store.getRun(id);
    const { config } = run.params as { config: RunConfig };
    const { steps, tokens } = run.result as TrainResult;
    const perEpoch = config.training.max_steps === null ? tokens / config.training.num_epochs : null;
    if (perEpoch && steps && config.data.train_path === data.train_path && config.data.tokenizer_path === data.tokenizer_path) {
      return { tokens: Math.round(perEpoch) + config.data.seq_length, exact: true };
    }
  }
  return { tokens: Math.round(bytes / BYTES_PER_TOKEN), exact: false };
}

function textBytes(path: string): number {
  if (statSync(path).isFile()) return statSync(path).size;
  return readdirSync(path).filter((file) => file.endsWith('.train')).reduce((sum, file) => sum + statSync(join(path, file)).size, 0);
}

/** As corpus/batches.ts counts them. */
function countSteps({ data, training }: RunConfig, tokens: number): number {
  const perEpoch = Math.max(1, Math.ceil((Math.floor(tokens / data.seq_length) - 1) / training.batch_size));
  return training.max_steps ?? training.num_epochs * perEpoch;
}

function teacherParameters({ distillation }: RunConfig, { store }: EstimateContext): number {
  if (!distillation) return 0;
  const models = store.listModels();
  return distillation.teachers.reduce((sum, name) => sum + (models.find((model) => model.name === name)?.parameters ?? 0), 0);
}

/** Parameters times tokens per second that recent runs of this workspace reached; the time of a step grows about with the first. */
function recentSpeed(store: Store, parameters: number): { parameterTokensPerSecond: number; basis: string } | null {
  const speeds: { speed: number; size: number }[] = [];
  for (const { id } of store.listRuns({ kinds: ['train'], states: ['done'], limit: RECENT_RUNS }).rows) {
    const run = store.getRun(id);
    const { parameters: size, tokens, seconds } = run.result as TrainResult;
    const { config } = run.params as { config: RunConfig };
    if (seconds > 1 && !config.distillation) speeds.push({ speed: (size * tokens) / seconds, size });
  }
  if (!speeds.length) return null;
  // Small models waste more of the machine, so the run nearest in size tells most.
  const nearest = speeds.reduce((best, entry) => (Math.abs(Math.log(entry.size / parameters)) < Math.abs(Math.log(best.size / parameters)) ? entry : best));
  return { parameterTokensPerSecond: nearest.speed, basis: `the speed of an earlier run here with ${(nearest.size / 1e6).toPrecision(2)} million parameters` };
}
