/** The export job: a model of the workspace as a Hugging Face folder elsewhere, ready to be pushed to the hub. */
import { existsSync, readFileSync } from 'node:fs';
import { basename, join } from 'node:path';
import type { JobParams } from '../../shared/jobs.ts';
import type { ModelFolderResult } from '../../shared/results.ts';
import type { JobContext } from '../queue/jobContext.ts';
import { copyModel } from './copyModel.ts';

/** Weights go to the hub by Git LFS; this is what `git lfs track` would write. */
const GIT_ATTRIBUTES = '*.safetensors filter=lfs diff=lfs merge=lfs -text\n';

/** @throws CriaError `exists` when there is something at `output`; `bad-model` when the model is damaged */
export async function exportModel({ model, output, card }: JobParams<'export'>, context: JobContext): Promise<ModelFolderResult> {
  const lineage = join(model.folder, 'cria.json');
  const extra = existsSync(lineage) ? { 'cria.json': withoutFolders(JSON.parse(readFileSync(lineage, 'utf8'))) } : {};
  const texts = { '.gitattributes': GIT_ATTRIBUTES, ...(card === null ? {} : { 'README.md': card }) };
  const copied = await copyModel(model.folder, output, context, `Exporting ${model.name}`, { extra, texts });
  return { model: model.name, folder: output, ...copied };
}

/** What leaves the machine names files, not where they lie on it. */
function withoutFolders(value: unknown): unknown {
  if (typeof value === 'string') return /^([\\/]|[A-Za-z]:[\\/])/.test(value) ? basename(value.replaceAll('\\', '/')) : value;
  if (Array.isArray(value)) return value.map(withoutFolders);
  if (value === null || typeof value !== 'object') return value;
  return Object.fromEntries(Object.entries(value).map(([key, inner]) => [key, withoutFolders(inner)]));
}
