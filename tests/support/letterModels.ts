/** Model folders whose tokens are single letters: small, random, and scored in milliseconds. */
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { tokenizerJson } from '../../src/main/corpus/tokenizerFile.ts';
import { createModel } from '../../src/main/models/createModel.ts';
import type { LlamaConfig } from '../../src/main/models/modelConfig.ts';
import { saveModelFolder } from '../../src/main/models/saveModel.ts';
import { temporaryFolder } from './jobContext.ts';

const SYMBOLS = ['Ġ', '.', ',', "'", ...'abcdefghijklmnopqrstuvwxyz'];
const SPECIAL = ['<pad>', '<s>', '</s>'];

export function letterConfig(positions = 24): LlamaConfig {
  return {
    model_type: 'llama', vocab_size: SPECIAL.length + SYMBOLS.length, max_positions: positions, hidden_size: 8, intermediate_size: 12, n_layer: 1, n_head: 2,
    tie_word_embeddings: false, initializer_range: 0.5, bos_token_id: 1, eos_token_id: 2, pad_token_id: 0, rms_norm_eps: 1e-6, rope_theta: 1e4,
  };
}

/** Writes a model of that seed; gives back its folder. */
export async function makeLetterModel(folder: string, seed: number, positions?: number): Promise<string> {
  const config = letterConfig(positions);
  const tokenizerPath = join(temporaryFolder(), 'tokenizer.json');
  writeFileSync(tokenizerPath, tokenizerJson({ vocab: [...SPECIAL, ...SYMBOLS], merges: [] }, SPECIAL));
  const model = createModel(config, { seed });
  await saveModelFolder(folder, { config, tokenizerPath, values: (name) => model.parameters.get(name)!.dataSync() as Float32Array });
  model.dispose();
  return folder;
}
