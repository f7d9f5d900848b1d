/** Models from Hugging Face folders. */
import { buildModel, type ModelOptions } from './createModel.ts';
import { readModelConfig } from './configJson.ts';
import type { LanguageModel } from './languageModel.ts';
import { WeightFiles } from './weightFiles.ts';

export interface LoadOptions extends ModelOptions {
  /** A safetensors file to take the weights from instead, e.g. a checkpoint's. */
  weightsFile?: string | undefined;
}

/**
 * Loads a model folder (config.json and safetensors). Its parameters become variables one by one; the folder's files stay open until the
 * model is disposed of.
 * @throws CriaError `bad-model` saying what in the folder is wrong
 */
export function loadModelFolder(folder: string, { weightsFile, ...options }: LoadOptions = {}): LanguageModel {
  const config = readModelConfig(folder);
  const weights = new WeightFiles(weightsFile ?? folder, config);
  return buildModel(config, (name) => weights.read(name), options, () => weights.close());
}
