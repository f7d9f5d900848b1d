/** A model folder made ready for scoring. */
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { CriaError } from '../../shared/errors.ts';
import { loadTokenizer, type Tokenizer } from '../corpus/tokenizer.ts';
import type { LanguageModel } from '../models/languageModel.ts';
import { loadModelFolder } from '../models/loadModel.ts';
import { addPrefixSpace, startToken } from './tokenizerRoles.ts';

export interface ScoringModel {
  model: LanguageModel;
  tokenizer: Tokenizer;
  /** What the first token of a sentence is predicted from. */
  startToken: number;
}

/**
 * Loads the model, its tokenizer.json and the token that sentences start from. The caller disposes of the model.
 * @throws CriaError `bad-model` when something of it is missing or damaged
 */
export async function loadScoringModel(folder: string): Promise<ScoringModel> {
  const path = join(folder, 'tokenizer.json');
  if (!existsSync(path)) {
    throw new CriaError('bad-model', `${folder} has no tokenizer.json, and sentences cannot be scored without the model's tokenizer.`,
      'Copy the tokenizer.json that the model was trained with into the folder.');
  }
  const tokenizer = await loadTokenizer(path, { addPrefixSpace: addPrefixSpace(folder) });
  const model = loadModelFolder(folder);
  try {
    return { model, tokenizer, startToken: startToken(folder, (token) => tokenizer.tokenToId(token), model.config) };
  } catch (error) {
    model.dispose();
    throw error;
  }
}
