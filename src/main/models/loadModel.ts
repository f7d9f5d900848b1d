/** Models from Hugging Face folders. */
import { buildModel } from './createModel.ts';
import { readModelConfig } from './configJson.ts';
import type { LanguageModel } from './languageModel.ts';
import { WeightFiles } from './weightFiles.ts';

/**
 * Loads a model folder (config.json and safetensors). Its parameters become TensorFlow variables one by one.
 * @param weightsFile a safetensors file to take the weights from instead, e.g. a checkpoint's
 * @throws CriaError `bad-model` saying what in the folder is wrong
 */
export function loadModelFolder(folder: string, weightsFile?: string): LanguageModel {
  const config = readModelConfig(folder);
  const weights = new WeightFiles(weightsFile ?? folder, config);
  try {
    return buildModel(config, (name) => weights.read(name));
  } finally {
    weights.close();
  }
}
