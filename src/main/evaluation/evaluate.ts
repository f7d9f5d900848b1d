/** The evaluation jobs: models x suites of minimal pairs, and one file of pairs. */
import { createHash } from 'node:crypto';
import { existsSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { CriaError } from '../../shared/errors.ts';
import type { JobParams, JobResults } from '../../shared/jobs.ts';
import type { EvaluateResult, SuiteScore } from '../../shared/results.ts';
import type { LanguageModel } from '../models/languageModel.ts';
import type { JobContext } from '../queue/jobContext.ts';
import type { Workspace } from '../workspace.ts';
import { aggregate } from './aggregate.ts';
import { locateSuite, type SubtaskFile, type SuiteData } from './data.ts';
import { downloadSuite } from './download.ts';
import { encodeSentence } from './encode.ts';
import { fileName, readLogprobs, writeLogprobs, type SubtaskLogprobs } from './logprobFiles.ts';
import { loadPairs, pairsDigest, suiteFingerprint, type MinimalPair } from './pairs.ts';
import { writeSamples } from './samples.ts';
import { scoreSequences } from './score.ts';
import { loadScoringModel, type ScoringModel } from './scoringModel.ts';
import { PROTOCOL } from './suites.ts';

/** A suite whose files have been read and counted. */
interface LoadedSuite extends SuiteData {
  version: string;
  pairs: Map<string, MinimalPair[]>;
  /** Digest of each subtask's sentences. */
  digests: Map<string, string>;
}

/**
 * Scores each model on each suite. Subtasks that an earlier start of the same job finished are not scored again.
 * Writes every pair's log-probabilities into the run's folder (see logprobFiles.ts) and, with `out`, the pipeline's sample files: into that
 * folder itself for one model, into a folder per model for several.
 * @throws CriaError `bad-input` for bad data, `not-found` for missing data, `bad-model`, `cancelled`
 */
export async function evaluate(params: JobParams<'evaluate'>, context: JobContext, workspace: Workspace): Promise<EvaluateResult> {
  refuseTwins(params.models.map(({ name }) => name), 'Two of the models are called');
  const suites: LoadedSuite[] = [];
  for (const name of params.suites) suites.push(await loadSuite(name, params, context, workspace));
  refuseTwins(suites.map(({ suite }) => suite.name), 'Two of the suites are called');

  const scores: SuiteScore[] = [];
  for (const { name, folder } of params.models) {
    const scoring = await loadScoringModel(folder);
    try {
      for (const suite of suites) {
        const out = params.out === null ? null : params.models.length === 1 ? params.out : join(params.out, fileName(name));
        const score = await scoreSuite({ name, scoring, weights: weightsMark(folder) }, suite, out, context);
        scores.push(score);
        context.report({ type: 'score', score });
      }
    } finally {
      scoring.model.dispose();
    }
  }
  return { scores };
}

/**
 * Scores a file of minimal pairs; the answer has one entry a pair, in the file's order.
 * @throws CriaError `bad-input` for a bad file, `bad-model`, `cancelled`
 */
export async function score(params: JobParams<'score'>, context: JobContext): Promise<JobResults['score']> {
  const pairs = await loadPairs(params.pairs);
  const scoring = await loadScoringModel(params.model.folder);
  try {
    const logprobs = await scorePairs(scoring, params.pairs, pairs, context, (done) =>
      context.progress({ label: `Scoring with ${params.model.name}`, done, total: pairs.length, unit: 'pairs' }));
    return { pairs: pairs.map((_, index) => ({ index, logprobGood: logprobs[2 * index]!, logprobBad: logprobs[2 * index + 1]! })) };
  } finally {
    scoring.model.dispose();
  }
}

async function loadSuite(name: string, params: JobParams<'evaluate'>, context: JobContext, workspace: Workspace): Promise<LoadedSuite> {
  const data = await locateOrDownload(name, params, context, workspace);
  const pairs = new Map<string, MinimalPair[]>();
  const digests = new Map<string, string>();
  for (const file of data.files) {
    const loaded = await loadPairs(file.path);
    if (file.items !== null && loaded.length !== file.items) {
      data.warnings.push(`${file.path} holds ${loaded.length} pairs, the official file ${file.items}`);
    }
    pairs.set(file.name, loaded);
    digests.set(file.name, pairsDigest(loaded));
  }
  const fingerprint = suiteFingerprint(digests);
  const official = fingerprint === data.suite.fingerprint;
  if (data.suite.fingerprint !== null && !official) data.warnings.push(`These are not the official items of ${data.suite.title}: do not compare the scores with published ones`);
  for (const warning of data.warnings) context.log('warning', warning);
  return { ...data, version: official ? data.suite.version : `${data.suite.version}+${fingerprint.slice(0, 8)}`, pairs, digests };
}

async function locateOrDownload(name: string, params: JobParams<'evaluate'>, context: JobContext, workspace: Workspace): Promise<SuiteData> {
  const locate = (): SuiteData => locateSuite(name, params.data, workspace.data);
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

async function scoreSuite(
  model: { name: string; scoring: ScoringModel; weights: string }, suite: LoadedSuite, out: string | null, context: JobContext,
): Promise<SuiteScore> {
  const started = performance.now();
  const { name: suiteName } = suite.suite;
  const total = suite.files.reduce((sum, file) => sum + suite.pairs.get(file.name)!.length, 0);
  const measured: SubtaskLogprobs[] = [];
  let finished = 0;
  for (const file of suite.files) {
    const pairs = suite.pairs.get(file.name)!;
    const report = (done: number): void =>
      context.progress({ label: `${model.name} on ${suiteName}`, done: finished + done, total, unit: 'pairs', detail: file.name });
    // Scored already only if model, protocol and sentences are the same.
    const digest = createHash('sha256').update(`${PROTOCOL}\0${model.weights}\0${suite.digests.get(file.name)!}`).digest('hex');
    const samples = out === null ? null : join(out, suite.suite.sampleFile(file.name));
    let logprobs = readLogprobs(context.folder, model.name, suiteName, file.name, digest);
    if (logprobs === null || (samples !== null && !existsSync(samples))) {
      const greedy = samples === null ? undefined : new Uint8Array(2 * pairs.length);
      logprobs = await scorePairs(model.scoring, file.path, pairs, context, report, greedy);
      if (samples !== null) writeSamples(samples, pairs, logprobs, greedy!);
      writeLogprobs(context.folder, model.name, suiteName, file.name, digest, logprobs);
    }
    measured.push({ subtask: file.name, phenomenon: phenomenonOf(file, pairs), logprobs });
    finished += pairs.length;
    report(0);
  }
  const { overall, subtasks, phenomena } = aggregate(measured);
  return {
    suite: suiteName, version: suite.version, protocol: PROTOCOL, model: model.name,
    accuracy: overall.value, low: overall.low, high: overall.high, subtasks, phenomena,
    seconds: (performance.now() - started) / 1000,
  };
}

/** Log-probabilities of pairs, interleaved good and bad. */
function scorePairs(
  { model, tokenizer, startToken }: ScoringModel, path: string, pairs: readonly MinimalPair[], context: JobContext,
  report: (pairs: number) => void, greedy?: Uint8Array,
): Promise<Float64Array> {
  const sequences = pairs.flatMap(({ good, bad, line }) => [good, bad].map((sentence) => {
    const sequence = encodeSentence(tokenizer, startToken, sentence);
    refuseTooLong(sequence.ids.length - 1, model, `${path}, line ${line}`);
    return sequence;
  }));
  return scoreSequences(model, sequences, {
    signal: context.signal,
    onProgress: (done) => report(Math.floor(done / 2)),
    ...(greedy ? { greedy } : {}),
  });
}

function refuseTooLong(tokens: number, model: LanguageModel, where: string): void {
  const { max_positions: positions } = model.config;
  if (tokens <= positions) return;
  throw new CriaError('bad-input', `${where}: a sentence of ${tokens} tokens; this model takes ${positions}.`,
    'Shorten it, or use a model with more positions.');
}

/** The suite's own table, else BLiMP's field when all items agree on it. */
function phenomenonOf(file: SubtaskFile, pairs: readonly MinimalPair[]): string | null {
  if (file.phenomenon !== null) return file.phenomenon;
  const terms = new Set(pairs.map(({ doc }) => doc.linguistics_term));
  const [term] = terms;
  return terms.size === 1 && typeof term === 'string' && term !== '' ? term : null;
}

/** Changes when a model's weights are replaced under the same name. */
function weightsMark(folder: string): string {
  for (const name of ['model.safetensors', 'model.safetensors.index.json']) {
    const path = join(folder, name);
    if (!existsSync(path)) continue;
    const { size, mtimeMs } = statSync(path);
    return `${size} ${mtimeMs}`;
  }
  return '';
}

function refuseTwins(names: readonly string[], what: string): void {
  const twin = names.find((name, i) => names.indexOf(name) !== i);
  if (twin !== undefined) throw new CriaError('bad-input', `${what} "${twin}"; their scores could not be told apart.`, 'Name each once.');
}
