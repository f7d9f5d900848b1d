/** Models to Hugging Face folders, which AutoModelForCausalLM and AutoTokenizer read. */
import { join } from 'node:path';
import { z } from 'zod';
import { CriaError } from '../../shared/errors.ts';
import { MAX_TOKENIZER_BYTES } from '../corpus/tokenizerSchema.ts';
import { readBounded } from '../disk/foreignFile.ts';
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

const tokenizerOutline = z.looseObject({
  model: z.looseObject({ vocab: z.unknown() }),
  pre_tokenizer: z.looseObject({ type: z.string(), add_prefix_space: z.boolean().optional() }).nullish(),
  added_tokens: z.array(z.looseObject({ id: z.int(), content: z.string() })).optional(),
});
type TokenizerJson = z.infer<typeof tokenizerOutline>;

/** Read by its owner's rights and copied into a folder that may be published: so it has to be a tokenizer, of bearable size. */
function parseTokenizer(path: string): TokenizerJson {
  let json: unknown;
  try {
    json = JSON.parse(readBounded(path, MAX_TOKENIZER_BYTES, 'bad-model'));
  } catch (error) {
    if (error instanceof CriaError) throw error;
    throw new CriaError('bad-model', `${path} is not JSON: ${(error as Error).message}`, 'Take it out of the folder, or put the right one in its place.', { cause: error });
  }
  const parsed = tokenizerOutline.safeParse(json);
  if (!parsed.success) throw new CriaError('bad-model', `${path} is not a tokenizer of Hugging Face's: ${parsed.error.issues[0]!.path.join('.')}: ${parsed.error.issues[0]!.message}`, 'Take it out of the folder, or put the right one in its place.');
  return parsed.data;
}

/**
 * The tokenizer as training and scoring use it: transformers' GPT-2 tokenizer adds no space before a text, whatever the file said that
 * it was trained with, and saves it so. Writing the flag into both files makes every version of transformers agree.
 */
function writeTokenizer(folder: string, path: string, config: ModelConfig): void {
  const tokenizer = parseTokenizer(path);
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
