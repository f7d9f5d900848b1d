/** Models to Hugging Face folders, which AutoModelForCausalLM and AutoTokenizer read. */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { writeFileAtomic, writeFolderAtomic, writeJsonAtomic } from '../disk/atomic.ts';
import { toConfigJson } from './configJson.ts';
import type { ModelConfig } from './modelConfig.ts';
import { parameterShapes } from './parameterShapes.ts';
import { writeSafetensors, type TensorSource } from './safetensors.ts';

export interface SavedModel {
  config: ModelConfig;
  /** float32 values of a parameter; asked for one after the other. */
  values: (name: string) => Float32Array;
  /** A Hugging Face tokenizer.json; null when the model has none. */
  tokenizerPath: string | null;
  /** Further JSON files for the folder, e.g. `cria.json` with the lineage. */
  extra?: Record<string, unknown>;
  /** Further text files. */
  texts?: Record<string, string>;
}

/** Writes a model folder; it is there whole or not at all. `folder` must not exist. */
export async function saveModelFolder(folder: string, model: SavedModel): Promise<void> {
  await writeFolderAtomic(folder, (inside) => {
    const { config } = model;
    writeJsonAtomic(join(inside, 'config.json'), toConfigJson(config));
    const { bos_token_id, eos_token_id, pad_token_id } = config;
    writeJsonAtomic(join(inside, 'generation_config.json'), { _from_model_config: true, bos_token_id, eos_token_id, pad_token_id });
    if (model.tokenizerPath) writeTokenizer(inside, model.tokenizerPath, config);
    for (const [name, value] of Object.entries(model.extra ?? {})) writeJsonAtomic(join(inside, name), value);
    for (const [name, text] of Object.entries(model.texts ?? {})) writeFileAtomic(join(inside, name), (append) => append(text));
    const tensors = new Map<string, TensorSource>();
    for (const [name, shape] of parameterShapes(config)) tensors.set(name, { shape, values: () => model.values(name) });
    writeSafetensors(join(inside, 'model.safetensors'), tensors);
  });
}

interface TokenizerJson {
  pre_tokenizer?: { type?: string; add_prefix_space?: boolean } | null;
  added_tokens?: { id: number; content: string }[];
}

/**
 * The tokenizer as training and scoring use it: transformers' GPT-2 tokenizer adds no space before a text, whatever the file said that
 * it was trained with, and saves it so. Writing the flag into both files makes every version of transformers agree.
 */
function writeTokenizer(folder: string, path: string, config: ModelConfig): void {
  const tokenizer = JSON.parse(readFileSync(path, 'utf8')) as TokenizerJson;
  if (tokenizer.pre_tokenizer?.type === 'ByteLevel') tokenizer.pre_tokenizer.add_prefix_space = false;
  writeJsonAtomic(join(folder, 'tokenizer.json'), tokenizer);
  const token = (id: number | null) => tokenizer.added_tokens?.find((added) => added.id === id)?.content;
  const special = { bos_token: token(config.bos_token_id), eos_token: token(config.eos_token_id), pad_token: token(config.pad_token_id) };
  writeJsonAtomic(join(folder, 'special_tokens_map.json'), special);
  writeJsonAtomic(join(folder, 'tokenizer_config.json'), {
    tokenizer_class: 'PreTrainedTokenizerFast',
    add_prefix_space: false,
    clean_up_tokenization_spaces: false,
    model_max_length: config.max_positions,
    ...special,
  });
}
