/** The items behind stored scores, read again from where they lay when they were scored. */
import { CriaError } from '../../shared/errors.ts';
import { JOB_PARAMS } from '../../shared/jobs.ts';
import type { EvaluationRecord } from '../../shared/records.ts';
import { locateSuite, type SuiteData } from '../evaluation/data.ts';
import { loadChoiceSuite, type LoadedChoiceSuite } from '../evaluation/loadSuite.ts';
import { vocabularyFolder } from '../evaluation/ewok/vocabulary.ts';
import { loadPairs } from '../evaluation/pairs.ts';
import type { ChoiceItem, ChoiceSuite } from '../evaluation/suites/suite.ts';
import type { Store } from '../store/store.ts';
import type { Workspace } from '../workspace.ts';

/** @throws CriaError `not-found` */
export function findEvaluation(store: Store, id: number): EvaluationRecord {
  const found = store.listEvaluations({}).find((evaluation) => evaluation.id === id);
  if (!found) throw new CriaError('not-found', `There is no evaluation ${id} any more.`, 'Load the page again.');
  return found;
}

/** The suite's files where the evaluation had them. @throws CriaError `not-found`; `bad-request` for suites without pairs */
export function locateScored(store: Store, workspace: Workspace, evaluation: EvaluationRecord): { data: SuiteData<ChoiceSuite>; vocabulary: string | null } {
  const { data: folder, folders, vocabulary } = JOB_PARAMS.evaluate.parse(store.getRun(evaluation.runId).params);
  const data = locateSuite(evaluation.suite, { data: folder, folders, workspaceData: workspace.data });
  if (data.suite.method.kind !== 'choice') throw new CriaError('bad-request', `${data.suite.title} has no pairs of answers.`);
  return { data: data as SuiteData<ChoiceSuite>, vocabulary };
}

/** All items. @throws CriaError `not-found`, `bad-input` when they are not those that were scored */
export async function itemsOf(store: Store, workspace: Workspace, evaluation: EvaluationRecord): Promise<LoadedChoiceSuite> {
  const { data, vocabulary } = locateScored(store, workspace, evaluation);
  const loaded = await loadChoiceSuite(data, { vocabulary, cacheFolder: vocabularyFolder(workspace.corpora) });
  if (loaded.version !== evaluation.version) throw changed(data.files[0]?.path ?? data.suite.title);
  return loaded;
}

/** One subtask's items. @throws as {@link itemsOf} */
export async function itemsOfSubtask(store: Store, workspace: Workspace, evaluation: EvaluationRecord, subtask: string): Promise<{ suite: ChoiceSuite; items: ChoiceItem[] }> {
  const { data } = locateScored(store, workspace, evaluation);
  const { suite } = data;
  const file = data.files.find(({ name }) => name === subtask);
  if (!file) throw new CriaError('not-found', `The items of "${subtask}" are not where they were when it was scored.`, 'Put the suite\'s data back, or evaluate again.');
  // What a release gives is known only when all of it has been filtered.
  const items = suite.source.release === null ? await loadPairs(file.path, suite.method) : (await itemsOf(store, workspace, evaluation)).items.get(subtask);
  const outcome = store.outcomes(evaluation.id).find((candidate) => candidate.subtask === subtask);
  if (!items || outcome?.kind !== 'choice' || outcome.logprobs.length !== 2 * items.length) throw changed(file.path);
  return { suite, items };
}

function changed(path: string): CriaError {
  return new CriaError('bad-input', `${path} has changed since it was scored.`, 'Put the old file back, or evaluate again.');
}
