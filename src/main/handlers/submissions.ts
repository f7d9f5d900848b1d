/** Requests about submissions to the challenge: what would be in one, writing it, and scoring what was written again. */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { gunzipSync, gzipSync } from 'node:zlib';
import type { ResultOf } from '../../shared/contract.ts';
import { CriaError } from '../../shared/errors.ts';
import { JOB_PARAMS } from '../../shared/jobs.ts';
import type { ChoiceOutcome, Outcome } from '../../shared/outcomes.ts';
import type { EvaluationRecord } from '../../shared/records.ts';
import type { ProtocolName } from '../../shared/scores.ts';
import { writeFileAtomic } from '../disk/atomic.ts';
import { locateSuite } from '../evaluation/data.ts';
import { scoreOf } from '../evaluation/metrics.ts';
import { fileName } from '../evaluation/outcomeFiles.ts';
import {
  choicePredictions, classPredictions, inOrder, predictionKey, SUBMISSION_TASKS, temperatureReport, type Prediction, type Submission, type TaskPredictions,
} from '../evaluation/submission/predictions.ts';
import { PUBLISHED } from '../evaluation/submission/published.ts';
import { pythonJson } from '../evaluation/submission/pythonJson.ts';
import { rescore } from '../evaluation/submission/rescore.ts';
import { findSuite } from '../evaluation/suites.ts';
import type { ChoiceItem, Suite } from '../evaluation/suites/suite.ts';
import type { Store } from '../store/store.ts';
import type { Workspace } from '../workspace.ts';
import { itemsOf } from './scoredItems.ts';
import { findModel } from './caller.ts';
import type { DomainHandlers, Services } from './services.ts';

type Check = ResultOf<'submission.check'>;
type Written = ResultOf<'submission.write'>;

export function submissionHandlers({ store, workspace }: Services): DomainHandlers<'submission'> {
  return {
    'submission.check'({ model, protocol, glue }, caller) {
      const { name } = findModel(workspace, model, caller);
      const tasks = suitesOf(protocol, glue).map((suite) => checkTask(store, name, protocol, suite));
      return { tasks, isComplete: tasks.every(({ problems }) => problems.length === 0), notMeasured: [...PUBLISHED[protocol].notMeasured] };
    },
    async 'submission.write'({ model, protocol, glue, output }, caller) {
      const { name } = findModel(workspace, model, caller);
      caller.write(output);
      const suites = suitesOf(protocol, glue);
      const checks = suites.map((suite) => checkTask(store, name, protocol, suite));
      const problems = checks.flatMap((check) => check.problems.map((problem) => `${check.task}: ${problem}`));
      if (problems.length > 0) throw new CriaError('bad-request', `The submission is not complete. ${problems.join('; ')}.`, 'Evaluate the model on what is missing, then export again.');
      const measured: MeasuredTask[] = [];
      for (const suite of suites) measured.push(await gather(store, workspace, newestOf(store, name, protocol, suite)!, suite, protocol));
      const files = protocol === 'babylm-2024' ? write2024(output, name, measured) : write2025(output, name, measured);
      return { files, rescored: measured.flatMap((task) => rescoreTask(task, protocol, readBack(protocol, files, task))) };
    },
  };
}

function suitesOf(protocol: ProtocolName, glue: string): Suite[] {
  return PUBLISHED[protocol].tasks.map(({ suite }) => findSuite(suite === 'glue' ? glue : suite));
}

function newestOf(store: Store, model: string, protocol: ProtocolName, suite: Suite): EvaluationRecord | undefined {
  const all = store.listEvaluations({ models: [model], suite: suite.name, of: 'models' }).filter((evaluation) => evaluation.protocol === protocol);
  return all.find(({ version }) => version === suite.version) ?? all[0];
}

/** Every subtask there, every item answered, and the items the official ones. */
function checkTask(store: Store, model: string, protocol: ProtocolName, suite: Suite): Check['tasks'][number] {
  const evaluation = newestOf(store, model, protocol, suite);
  if (!evaluation) return { task: suite.title, evaluationId: null, score: null, problems: [`not scored by ${protocol} yet`] };
  const found = new Map(store.listSubtasks(evaluation.id).map(({ subtask, items }) => [subtask, items]));
  const missing = suite.subtasks!.filter(({ name }) => !found.has(name)).map(({ name }) => name);
  const incomplete = suite.subtasks!.filter(({ name, items }) => found.has(name) && found.get(name) !== items).map(({ name, items }) => `${name} has ${found.get(name)} of ${items} predictions`);
  const problems = [...(missing.length > 0 ? [`missing ${missing.join(', ')}`] : []), ...incomplete];
  if (problems.length === 0 && evaluation.version !== suite.version) problems.push(`scored on other items than the official ones (${evaluation.version})`);
  return { task: suite.title, evaluationId: evaluation.id, score: evaluation.score, problems };
}

/** What a model answered in one task, with what is right. */
interface MeasuredTask {
  suite: Suite;
  outcomes: Outcome[];
  /** Of suites of kind `choice`. */
  items: ReadonlyMap<string, ChoiceItem[]>;
  /** Subtask -> right answers or labels, as the data files have them. */
  gold: ReadonlyMap<string, (string | number)[]>;
  predictions: ReadonlyMap<string, Prediction[]>;
}

async function gather(store: Store, workspace: Workspace, evaluation: EvaluationRecord, suite: Suite, protocol: ProtocolName): Promise<MeasuredTask> {
  const outcomes = store.outcomes(evaluation.id);
  if (suite.method.kind === 'choice') {
    const { items } = await itemsOf(store, workspace, evaluation);
    const predictions = new Map(outcomes.map((outcome) => [outcome.subtask, choicePredictions(protocol, outcome as ChoiceOutcome, items.get(outcome.subtask)!)]));
    return { suite, outcomes, items, predictions, gold: new Map([...items].map(([name, list]) => [name, list.map(({ good }) => good)])) };
  }
  const { data, folders } = JOB_PARAMS.evaluate.parse(store.getRun(evaluation.runId).params);
  const { files } = locateSuite(suite.name, { data, folders, workspaceData: workspace.data });
  const gold = new Map(files.map(({ name, path }) => [name, readFileSync(path, 'utf8').split('\n').filter((line) => line.trim() !== '').map((line) => (JSON.parse(line) as { label: number }).label)]));
  const predictions = new Map(outcomes.map((outcome) => [outcome.subtask, outcome.kind === 'choice' ? [] : classPredictions(outcome)]));
  return { suite, outcomes, items: new Map(), predictions, gold };
}

/** One gzipped file for all tasks, as collect_results.py names and writes it. */
function write2024(output: string, model: string, measured: readonly MeasuredTask[]): string[] {
  const byTask = new Map(measured.map(({ suite, predictions }) => [suite.submission!.task, inOrder(suite.submission!.task, predictions)]));
  const submission = Object.fromEntries(SUBMISSION_TASKS.map((task) => [task, byTask.get(task)!])) as Submission;
  const path = join(output, `${fileName(model)}_textonly_predictions.json.gz`);
  writeFileAtomic(path, (append) => append(gzipSync(pythonJson(submission))));
  return [path];
}

/** A folder for each data set, from which collate_preds.py takes them. */
function write2025(output: string, model: string, measured: readonly MeasuredTask[]): string[] {
  return measured.flatMap((task) => {
    const folder = folder2025(output, model, task.suite);
    const path = join(folder, 'predictions.json');
    const report = join(folder, 'best_temperature_report.txt');
    const keyOf = (subtask: string) => predictionKey('babylm-2025', subtask, task.items.get(subtask)![0]!);
    const predictions: TaskPredictions = Object.fromEntries([...task.predictions].sort().map(([subtask, list]) => [keyOf(subtask), { predictions: list }]));
    writeFileAtomic(path, (append) => append(pythonJson(predictions)));
    const reported = task.outcomes.map((outcome) => ({ outcome: outcome as ChoiceOutcome, items: task.items.get(outcome.subtask)! }));
    writeFileAtomic(report, (append) => append(temperatureReport(reported, task.suite.submission!.task === 'ewok')));
    return [path, report];
  });
}

function folder2025(output: string, model: string, suite: Suite): string {
  return join(output, 'results', fileName(model), 'main', 'zero_shot', 'causal', suite.submission!.folder2025!);
}

/** What the files say that were written; subtasks of 2025 under the name of their file. */
function readBack(protocol: ProtocolName, files: readonly string[], task: MeasuredTask): TaskPredictions {
  if (protocol === 'babylm-2024') return (JSON.parse(gunzipSync(readFileSync(files[0]!)).toString('utf8')) as Submission)[task.suite.submission!.task];
  const path = files.find((file) => file.endsWith(join(task.suite.submission!.folder2025!, 'predictions.json')))!;
  return JSON.parse(readFileSync(path, 'utf8')) as TaskPredictions;
}

function rescoreTask({ suite, outcomes, items, gold }: MeasuredTask, protocol: ProtocolName, written: TaskPredictions): Written['rescored'] {
  return outcomes.map((outcome) => {
    const { subtask } = outcome;
    const key = suite.method.kind === 'choice' ? predictionKey(protocol, subtask, items.get(subtask)![0]!) : subtask;
    const metric = outcome.kind === 'choice' ? 'accuracy' : outcome.metric;
    return { task: suite.title, subtask, written: rescore(protocol, metric, written[key]!.predictions, gold.get(subtask)!), measured: scoreOf(outcome) };
  });
}
