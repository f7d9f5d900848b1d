/** A model folder made ready for scoring. */
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { CriaError } from '../../shared/errors.ts';
import { loadTokenizer, type Tokenizer } from '../corpus/tokenizer.ts';
import { readModelConfig } from '../models/configJson.ts';
import type { LanguageModel } from '../models/languageModel.ts';
import { loadModelFolder } from '../models/loadModel.ts';
import type { Program } from '../tensorflow/program.ts';
import type { ScoringTokens } from './protocols.ts';
import { addPrefixSpace, startToken, templatePrefix } from './tokenizerRoles.ts';

export interface ScoringModel extends ScoringTokens {
  tokenizer: Tokenizer;
  /** Loaded when it is first asked for. */
  readonly model: LanguageModel;
  dispose(): void;
}

/**
 * Loads the model's tokenizer.json and the tokens that texts start from; the model itself when it is needed.
 * @param program what the model's parameters are to belong to; absent: an eager program of its own
 * @param weights file of a checkpoint's weights, to be scored in place of the folder's
 * @throws CriaError `bad-model` when something of it is missing or damaged
 */
export async function loadScoringModel(folder: string, { program, weights }: { program?: Program; weights?: string | undefined } = {}): Promise<ScoringModel> {
  const path = join(folder, 'tokenizer.json');
  if (!existsSync(path)) {
    throw new CriaError('bad-model', `${folder} has no tokenizer.json, and sentences cannot be scored without the model's tokenizer.`,
      'Copy the tokenizer.json that the model was trained with into the folder.');
  }
  const tokenizer = await loadTokenizer(path, { addPrefixSpace: addPrefixSpace(folder) });
  const idOf = (token: string) => tokenizer.tokenToId(token);
  let model: LanguageModel | null = null;
  return {
    tokenizer,
    startToken: startToken(folder, idOf, readModelConfig(folder)),
    templatePrefix: templatePrefix(folder, idOf),
    get model() {
      return (model ??= loadModelFolder(folder, { weightsFile: weights, ...(program ? { program } : {}) }));
    },
    dispose: () => model?.dispose(),
  };
}
