/** The evaluation jobs: models (and their checkpoints) x suites, and one file of pairs. */
import { createHash } from 'node:crypto';
import { existsSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { CriaError } from '../../shared/errors.ts';
import type { JobParams, JobResults } from '../../shared/jobs.ts';
import type { Outcome } from '../../shared/outcomes.ts';
import type { EvaluateResult, SuiteScore } from '../../shared/results.ts';
import type { JobContext } from '../queue/jobContext.ts';
import type { Workspace } from '../workspace.ts';
import { aggregate } from './aggregate.ts';
import { locateSuite, type Places, type SuiteData } from './data.ts';
import { downloadSuite } from './download.ts';
import { vocabularyFolder } from './ewok/vocabulary.ts';
import { loadChoiceSuite, type LoadedChoiceSuite } from './loadSuite.ts';
import { loadForFinetuning, measureByFinetuning, type LoadedFineTuningSuite } from './measureByFinetuning.ts';
import { fileName } from './outcomeFiles.ts';
import { loadPairs } from './pairs.ts';
import { PROTOCOL } from './protocols.ts';
import { measureChoices, scorePairs } from './scoreChoices.ts';
import { createProgram } from '../tensorflow/createProgram.ts';
import { loadScoringModel, type ScoringModel } from './scoringModel.ts';
import type { ChoiceSuite, FineTuningSuite, Suite } from './suites/suite.ts';

type EvaluatedModel = JobParams<'evaluate'>['models'][number];
type Loaded = LoadedChoiceSuite | LoadedFineTuningSuite;

/**
 * Scores each model on each suite by one protocol. Subtasks that an earlier start of the same job finished are not measured again.
 * Leaves what was measured item by item in the run's folder (see outcomeFiles.ts) and, with `out`, the pipeline's sample files: in that
 * folder itself for one model, in a folder per model for several.
 * @throws CriaError `bad-input` for bad data, `not-found` for missing data, `bad-model`, `cancelled`
 */
export async function evaluate(params: JobParams<'evaluate'>, context: JobContext, workspace: Workspace): Promise<EvaluateResult> {
  refuseTwins(params.models.map(nameOf), 'Two of the models are called');
  const suites: Loaded[] = [];
  for (const name of params.suites) suites.push(await loadSuite(name, params, context, workspace));
  refuseTwins(suites.map(({ suite }) => suite.name), 'Two of the suites are called');

  const scores: SuiteScore[] = [];
  for (const model of params.models) {
    const program = createProgram();
    const scoring = await loadScoringModel(model.folder, { program, weights: model.checkpoint?.weights });
    try {
      for (const loaded of suites) {
        const score = await scoreSuite(model, scoring, loaded, params, context);
        if (score === null) continue;
        scores.push(score);
        context.report({ type: 'score', score });
      }
    } finally {
      scoring.dispose();
      program.dispose();
    }
  }
  return { scores };
}

/**
 * Scores a file of minimal pairs by the usual protocol; the answer has one entry a pair, in the file's order.
 * @throws CriaError `bad-input` for a bad file, `bad-model`, `cancelled`
 */
export async function score(params: JobParams<'score'>, context: JobContext): Promise<JobResults['score']> {
  const pairs = await loadPairs(params.pairs);
  const program = createProgram();
  const scoring = await loadScoringModel(params.model.folder, { program });
  try {
    const { logprobs } = await scorePairs(scoring, PROTOCOL['babylm-2024'], params.pairs, pairs, context, (done) =>
      context.progress({ label: `Scoring with ${params.model.name}`, done, total: pairs.length, unit: 'pairs' }));
    return { pairs: pairs.map((_, index) => ({ index, logprobGood: logprobs[2 * index]!, logprobBad: logprobs[2 * index + 1]! })) };
  } finally {
    scoring.dispose();
    program.dispose();
  }
}

/** A model's name, with the step of a checkpoint. */
function nameOf({ name, checkpoint }: EvaluatedModel): string {
  return checkpoint ? `${name} at step ${checkpoint.step}` : name;
}

async function loadSuite(name: string, params: JobParams<'evaluate'>, context: JobContext, workspace: Workspace): Promise<Loaded> {
  const located = await locateOrDownload(name, params, context, workspace);
  refuseProtocol(located.suite, params.protocol);
  const loaded = isChoice(located)
    ? await loadChoiceSuite(located, { vocabulary: params.vocabulary, cacheFolder: vocabularyFolder(workspace.corpora), signal: context.signal, onProgress: (progress) => context.progress(progress) })
    : await loadForFinetuning(located as SuiteData<FineTuningSuite>, params.finetuning);
  for (const warning of loaded.warnings) context.log('warning', warning);
  return loaded;
}

function isChoice(data: SuiteData): data is SuiteData<ChoiceSuite> {
  return data.suite.method.kind === 'choice';
}

function refuseProtocol({ title, protocols }: Suite, protocol: Suite['protocols'][number]): void {
  if (protocols.includes(protocol)) return;
  throw new CriaError('bad-input', `${title} cannot be scored by ${protocol}.`, `Its protocol is ${protocols.join(' or ')}.`);
}

async function locateOrDownload(name: string, params: JobParams<'evaluate'>, context: JobContext, workspace: Workspace): Promise<SuiteData> {
  const places: Places = { data: params.data, folders: params.folders, workspaceData: workspace.data };
  const locate = (): SuiteData => locateSuite(name, places);
  if (!params.download) return locate();
  try {
    const found = locate();
    if (found.warnings.length === 0) return found;
  } catch (error) {
    if (!(error instanceof CriaError) || error.code !== 'not-found') throw error;
  }
  const label = `Downloading ${name}`;
  await downloadSuite(name, params.data ?? workspace.data, {
    signal: context.signal,
    onProgress: (done, total, detail) => context.progress({ label, done, total, unit: 'files', detail }),
  });
  return locate();
}

/** @returns null where there is nothing to score: checkpoints are not fine-tuned */
async function scoreSuite(model: EvaluatedModel, scoring: ScoringModel, loaded: Loaded, params: JobParams<'evaluate'>, context: JobContext): Promise<SuiteScore | null> {
  const started = performance.now();
  const { suite, version } = loaded;
  const protocol = PROTOCOL[params.protocol];
  const step = model.checkpoint?.step ?? null;
  const place = { runFolder: context.folder, model: model.name, step, suite: suite.name };
  const label = `${nameOf(model)} on ${suite.name}`;
  let outcomes: Outcome[];
  let startToken: string | null = null;
  if ('items' in loaded) {
    const out = params.out === null ? null : params.models.length === 1 ? params.out : join(params.out, fileName(nameOf(model)));
    const id = protocol.startToken(scoring);
    startToken = id === null ? null : scoring.tokenizer.idToToken(id);
    // Measured already only if model, tokens and protocol are the same; items are told apart by their digest.
    const mark = createHash('sha256').update(JSON.stringify([params.protocol, startToken, scoring.tokenizer.addPrefixSpace, weightsMark(model)])).digest('hex');
    outcomes = await measureChoices(loaded, { scoring, protocol, place, label, mark, out }, context);
  } else {
    if (model.checkpoint) return null;
    outcomes = await measureByFinetuning(loaded, {
      model, place, label, mark: weightsMark(model), out: params.out, manyModels: params.models.length > 1, keepModels: params.finetuning.keepModels,
    }, context);
  }
  const { overall, subtasks, phenomena } = aggregate(outcomes);
  return {
    suite: suite.name, version, protocol: params.protocol, startToken, prefixSpace: scoring.tokenizer.addPrefixSpace, model: model.name, step,
    score: overall.value, low: overall.low, high: overall.high, subtasks, phenomena, seconds: (performance.now() - started) / 1000,
  };
}

/** Changes when a model's weights are replaced under the same name. */
function weightsMark({ folder, checkpoint }: EvaluatedModel): string {
  const candidates = checkpoint ? [checkpoint.weights] : ['model.safetensors', 'model.safetensors.index.json'].map((name) => join(folder, name));
  const path = candidates.find((candidate) => existsSync(candidate));
  if (path === undefined) return '';
  const { size, mtimeMs } = statSync(path);
  return `${size} ${mtimeMs}`;
}

function refuseTwins(names: readonly string[], what: string): void {
  const twin = names.find((name, i) => names.indexOf(name) !== i);
  if (twin !== undefined) throw new CriaError('bad-input', `${what} "${twin}"; their scores could not be told apart.`, 'Name each once.');
}
