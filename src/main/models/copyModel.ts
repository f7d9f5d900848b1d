/** Copies a model folder in normalised form: one safetensors file, Cria's names, tokenizer files that all versions of transformers read alike. */
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { CriaError } from '../../shared/errors.ts';
import { foreignFile } from '../disk/foreignFile.ts';
import type { JobContext } from '../queue/jobContext.ts';
import { readModelConfig } from './configJson.ts';
import { countParameters, parameterShapes } from './parameterShapes.ts';
import { saveModelFolder, type SavedModel } from './saveModel.ts';
import { WeightFiles } from './weightFiles.ts';

export async function copyModel(
  source: string, target: string, context: JobContext, label: string, further: Pick<SavedModel, 'extra' | 'texts'>,
): Promise<{ parameters: number; type: string }> {
  if (existsSync(target)) throw new CriaError('exists', `${target} exists already.`, 'Choose another place.');
  const config = readModelConfig(source);
  const weights = new WeightFiles(source, config);
  const total = parameterShapes(config).size;
  let done = 0;
  try {
    const hasTokenizer = existsSync(join(source, 'tokenizer.json'));
    await saveModelFolder(target, {
      config,
      tokenizerPath: hasTokenizer ? foreignFile(source, 'tokenizer.json', 'bad-model') : null,
      ...further,
      values: (name) => {
        if (context.signal.aborted) throw new CriaError('cancelled', `${label} was stopped.`, 'Nothing was left behind.');
        context.progress({ label, done: ++done, total, unit: 'tensors' });
        return weights.read(name);
      },
    });
  } finally {
    weights.close();
  }
  return { parameters: countParameters(config), type: config.model_type };
}
