/** The measuring of suites of kind `fine-tuning`: which tasks, by what settings, under what version. */
import { join } from 'node:path';
import { CriaError } from '../../shared/errors.ts';
import { describeOverrides, finetuningOptions, type FinetuningOptions, type FinetuningRequest } from '../../shared/finetuning.ts';
import type { ClassOutcome } from '../../shared/outcomes.ts';
import { finetuneSuite } from '../finetuning/finetuneSuite.ts';
import type { JobContext } from '../queue/jobContext.ts';
import type { SuiteData } from './data.ts';
import { loadFineTuningSuite, type LoadedSuite } from './loadSuite.ts';
import { fileName, type OutcomePlace } from './outcomeFiles.ts';
import type { FineTuningSuite } from './suites/suite.ts';

export interface LoadedFineTuningSuite extends LoadedSuite<FineTuningSuite> {
  options: FinetuningOptions;
}

/**
 * A suite with the tasks and the settings that were asked for. Settings other than the pipeline's are part of the version.
 * @throws CriaError `bad-input` for a task that is none, `not-found` for one without data
 */
export async function loadForFinetuning(located: SuiteData<FineTuningSuite>, { tasks, keepModels: _, ...overrides }: FinetuningRequest): Promise<LoadedFineTuningSuite> {
  const { suite } = located;
  const unknown = tasks?.find((task) => suite.subtasks !== null && !suite.subtasks.some(({ name }) => name === task));
  if (unknown !== undefined) throw new CriaError('bad-input', `${suite.title} has no task "${unknown}".`, `Its tasks: ${suite.subtasks!.map(({ name }) => name).join(', ')}.`);
  const missing = tasks?.find((task) => !located.files.some(({ name }) => name === task));
  if (missing !== undefined) throw new CriaError('not-found', `There is no ${suite.source.file(missing)} among the data of ${suite.title}.`, suite.howToGet);
  const loaded = await loadFineTuningSuite({
    ...located,
    files: located.files.filter(({ name }) => tasks?.includes(name) ?? true),
    // What was not asked for is not missed.
    warnings: tasks ? [] : located.warnings,
  });
  const options = finetuningOptions(suite.method.trains, overrides);
  const changed = describeOverrides(options);
  return { ...loaded, options, version: changed === '' ? loaded.version : `${loaded.version} (${changed})` };
}

export interface FinetuningRun {
  model: { name: string; folder: string };
  place: OutcomePlace;
  label: string;
  /** Changes when the model's weights do. */
  mark: string;
  /** Folder that predictions.txt is also written to; null: none. */
  out: string | null;
  /** Whether folders in `out` are told apart by model. */
  manyModels: boolean;
  keepModels: boolean;
}

/** Fine-tunes the model on each task and predicts. @throws as {@link finetuneSuite} */
export function measureByFinetuning({ suite, files, options }: LoadedFineTuningSuite, run: FinetuningRun, context: JobContext): Promise<ClassOutcome[]> {
  const { model, place, label, mark, keepModels } = run;
  const out = run.out !== null && run.manyModels ? join(run.out, fileName(model.name)) : run.out;
  return finetuneSuite({ suite, files, folder: model.folder, place, options, keepModels, mark, out, label }, context);
}
