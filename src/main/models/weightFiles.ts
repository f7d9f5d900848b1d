/** The weights of a Hugging Face folder, in one file or in shards, under the names that Cria uses. */
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { z } from 'zod';
import { CriaError } from '../../shared/errors.ts';
import { foreignFile, readBounded } from '../disk/foreignFile.ts';
import type { ModelConfig } from './modelConfig.ts';
import { parameterShapes } from './parameterShapes.ts';
import { SafetensorsFile } from './safetensors.ts';

const SINGLE = 'model.safetensors';
const INDEX = 'model.safetensors.index.json';
/** One line a tensor: the largest models have some thousands. */
const MAX_INDEX_BYTES = 16 << 20;
const indexShape = z.object({ weight_map: z.record(z.string(), z.string()) });

/** Buffers that some checkpoints carry beside the parameters: masks and frequencies that follow from the config. */
const BUFFERS = /(\.attn\.(bias|masked_bias)|\.rotary_emb\.inv_freq|embed_positions)$/;

export class WeightFiles {
  readonly #files: SafetensorsFile[] = [];
  /** Parameter name -> where it lies and what it is called there. */
  readonly #places = new Map<string, { file: SafetensorsFile; name: string }>();

  /**
   * Opens a folder's weights, or one file, and checks that they are those of the config: every parameter there, in its shape, and no other.
   * @throws CriaError `bad-model`
   */
  constructor(folder: string, config: ModelConfig) {
    try {
      for (const path of weightPaths(folder)) this.#files.push(new SafetensorsFile(path));
      this.#match(folder, config);
    } catch (error) {
      this.close();
      throw error;
    }
  }

  /** float32 values of a parameter. */
  read(name: string): Float32Array {
    const { file, name: stored } = this.#places.get(name)!;
    return file.readFloats(stored);
  }

  close(): void {
    for (const file of this.#files) file.close();
  }

  #match(folder: string, config: ModelConfig): void {
    const shapes = parameterShapes(config);
    const unknown: string[] = [];
    for (const file of this.#files) {
      for (const stored of file.tensors.keys()) {
        const name = knownName(stored, shapes);
        if (name) this.#places.set(name, { file, name: stored });
        else if (!BUFFERS.test(stored) && !(config.tie_word_embeddings && stored === 'lm_head.weight')) unknown.push(stored);
      }
    }
    const missing = [...shapes.keys()].filter((name) => !this.#places.has(name));
    if (missing.length) throw bad(folder, `${missing.length} of ${shapes.size} parameters are missing, ${missing[0]} among them`);
    if (unknown.length) throw bad(folder, `it holds ${unknown.length} tensors that a ${config.model_type} of that config does not have, ${unknown[0]} among them`);
    for (const [name, { file, name: stored }] of this.#places) {
      const found = file.tensors.get(stored)!.shape;
      const expected = shapes.get(name)!;
      if (found.length !== expected.length || found.some((extent, axis) => extent !== expected[axis])) {
        throw bad(folder, `${stored} has shape [${found.join(', ')}], the config asks for [${expected.join(', ')}]`);
      }
    }
  }
}

function bad(folder: string, what: string): CriaError {
  return new CriaError('bad-model', `The weights in ${folder} do not fit its config.json: ${what}.`, 'Make sure that both files belong to the same model.');
}

/** GPT checkpoints come with and without the prefix "transformer.", Llama's with and without "model.". */
function knownName(stored: string, shapes: ReadonlyMap<string, unknown>): string | null {
  for (const name of [stored, `transformer.${stored}`, `model.${stored}`]) if (shapes.has(name)) return name;
  return null;
}

function weightPaths(folder: string): string[] {
  if (folder.endsWith('.safetensors')) return [folder];
  if (existsSync(join(folder, SINGLE))) return [foreignFile(folder, SINGLE, 'bad-model')];
  if (existsSync(join(folder, INDEX))) return shardPaths(folder);
  if (existsSync(join(folder, 'pytorch_model.bin')) || existsSync(join(folder, 'pytorch_model.bin.index.json'))) {
    throw new CriaError('bad-model', `${folder} holds pickled weights (pytorch_model.bin), which can run code when they are read, so Cria does not read them.`,
      'Convert them where you trust them: python -c "from transformers import AutoModelForCausalLM as M; M.from_pretrained(\'FOLDER\').save_pretrained(\'NEW\', safe_serialization=True)".');
  }
  throw new CriaError('bad-model', `${folder} has no ${SINGLE}.`, 'A Hugging Face model folder has config.json and model.safetensors.');
}

function shardPaths(folder: string): string[] {
  const path = join(folder, INDEX);
  let files: string[];
  try {
    files = [...new Set(Object.values(indexShape.parse(JSON.parse(readBounded(foreignFile(folder, INDEX, 'bad-model'), MAX_INDEX_BYTES, 'bad-model'))).weight_map))];
  } catch (error) {
    if (error instanceof CriaError) throw error;
    throw new CriaError('bad-model', `${path} is not a usable index of shards: ${(error as Error).message}`, 'Copy or download the folder again.', { cause: error });
  }
  for (const file of files) {
    // A shard's name is a plain name in the same folder; anything else would read the reader's other files.
    if (!/^[\w.-]+\.safetensors$/.test(file)) throw new CriaError('bad-model', `${path} names the shard ${JSON.stringify(file)}, which is not a file of that folder.`);
    if (!existsSync(join(folder, file))) throw new CriaError('bad-model', `The shard ${file} of ${folder} is missing.`, 'Copy or download the folder again.');
  }
  return files.map((file) => foreignFile(folder, file, 'bad-model'));
}
