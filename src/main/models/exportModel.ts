/** The export job: a model of the workspace as a Hugging Face folder elsewhere. */
import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import type { JobParams } from '../../shared/jobs.ts';
import type { ModelFolderResult } from '../../shared/results.ts';
import type { JobContext } from '../queue/jobContext.ts';
import { copyModel } from './copyModel.ts';

/** @throws CriaError `exists` when there is something at `output`; `bad-model` when the model is damaged */
export async function exportModel({ model, output }: JobParams<'export'>, context: JobContext): Promise<ModelFolderResult> {
  const lineage = join(model.folder, 'cria.json');
  const extra = existsSync(lineage) ? { 'cria.json': JSON.parse(readFileSync(lineage, 'utf8')) as unknown } : {};
  const copied = await copyModel(model.folder, output, context, `Exporting ${model.name}`, extra);
  return { model: model.name, folder: output, ...copied };
}
