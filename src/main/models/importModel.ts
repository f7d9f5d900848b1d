/** The import job: a Hugging Face folder becomes a model of the workspace, checked and normalised. */
import { existsSync, realpathSync } from 'node:fs';
import { join } from 'node:path';
import type { JobParams } from '../../shared/jobs.ts';
import type { ModelFolderResult } from '../../shared/results.ts';
import type { JobContext } from '../queue/jobContext.ts';
import type { Workspace } from '../workspace.ts';
import { copyModel } from './copyModel.ts';

/** @throws CriaError `bad-model` saying what in the folder is wrong; nothing is left behind then */
export async function importModel({ source, name }: JobParams<'import'>, context: JobContext, workspace: Workspace): Promise<ModelFolderResult> {
  const folder = workspace.modelFolder(name);
  const origin = realpathSync(source);
  const copied = await copyModel(origin, folder, context, `Importing ${name}`, { extra: { 'cria.json': { importedFrom: origin } } });
  if (!existsSync(join(folder, 'tokenizer.json'))) {
    context.log('warning', `${source} has no tokenizer.json; put one into ${folder} before the model is scored.`);
  }
  return { model: name, folder, ...copied };
}
