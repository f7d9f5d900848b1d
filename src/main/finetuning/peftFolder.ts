/** Adapters in PEFT's format: adapter_config.json and adapter_model.safetensors, which PeftModel.from_pretrained reads. */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { z } from 'zod';
import { CriaError } from '../../shared/errors.ts';
import type { LoraOptions } from '../../shared/finetuning.ts';
import { writeFolderAtomic, writeJsonAtomic } from '../disk/atomic.ts';
import type { LanguageModel } from '../models/languageModel.ts';
import { SafetensorsFile, writeSafetensors, type TensorSource } from '../models/safetensors.ts';
import { Classifier, SCORE } from './classifier.ts';
import { adapterShapes, buildAdapters, DEFAULT_TARGETS } from './lora.ts';

const CONFIG = 'adapter_config.json';
const WEIGHTS = 'adapter_model.safetensors';
/** What PEFT puts before the names of the model it wraps. */
const PREFIX = 'base_model.model.';

/** What a reader without support for a variant of LoRA has to refuse, and the value that means plain LoRA. */
const PLAIN = {
  bias: z.literal('none').default('none'),
  use_dora: z.literal(false).default(false),
  use_rslora: z.literal(false).default(false),
  lora_bias: z.literal(false).default(false),
  rank_pattern: z.record(z.string(), z.never()).nullish(),
  alpha_pattern: z.record(z.string(), z.never()).nullish(),
  layers_to_transform: z.null().optional(),
  layer_replication: z.null().optional(),
  exclude_modules: z.null().optional(),
  target_parameters: z.null().optional(),
  trainable_token_indices: z.null().optional(),
};

const configSchema = z.object({
  peft_type: z.literal('LORA'),
  task_type: z.literal('SEQ_CLS'),
  r: z.int().min(1),
  lora_alpha: z.number(),
  lora_dropout: z.number().min(0).lt(1).default(0),
  target_modules: z.array(z.string()).min(1),
  ...PLAIN,
});

/**
 * Writes a classifier's adapters and head. `folder` must not exist.
 * @param values float32 values of a trained parameter, by Cria's name
 * @param baseModel where the frozen model lies
 */
export async function savePeftFolder(folder: string, classifier: Classifier, baseModel: string, values: (name: string) => Float32Array): Promise<void> {
  const { adapters, model } = classifier;
  if (!adapters) throw new RangeError('a classifier without adapters');
  const { rank, alpha, dropout, targets } = adapters.options;
  await writeFolderAtomic(folder, (inside) => {
    writeJsonAtomic(join(inside, CONFIG), {
      peft_type: 'LORA',
      task_type: 'SEQ_CLS',
      base_model_name_or_path: baseModel,
      r: rank,
      lora_alpha: alpha,
      lora_dropout: dropout,
      target_modules: targets ?? DEFAULT_TARGETS[model.config.model_type],
      modules_to_save: ['classifier', 'score'],
      // GPT-2's weights are [in, out].
      fan_in_fan_out: model.config.model_type === 'gpt2',
      bias: 'none',
      inference_mode: true,
      init_lora_weights: true,
    });
    const tensors = new Map([...classifier.trained].map(([name, { shape }]): [string, TensorSource] => [`${PREFIX}${name}`, { shape, values: () => values(name) }]));
    writeSafetensors(join(inside, WEIGHTS), tensors);
  });
}

/**
 * Reads adapters and a classifier that were saved by PEFT or by Cria, for the model they were trained on, into the model's program.
 * @throws CriaError `bad-model` for a variant of LoRA that Cria does not compute, or weights that do not fit the model
 */
export function loadPeftFolder(folder: string, model: LanguageModel): Classifier {
  const options = readOptions(join(folder, CONFIG));
  const shapes = adapterShapes(model.config, options);
  const file = new SafetensorsFile(join(folder, WEIGHTS));
  try {
    const bad = (what: string) => new CriaError('bad-model', `${file.path} does not fit the model: ${what}.`, 'Use it with the model that it was trained on.');
    const read = (name: string, shape: readonly number[] | null) => {
      const stored = file.tensors.get(`${PREFIX}${name}`);
      if (!stored) throw bad(`${PREFIX}${name} is missing`);
      if (shape && stored.shape.join() !== shape.join()) throw bad(`${name} has shape [${stored.shape.join(', ')}] instead of [${shape.join(', ')}]`);
      return { values: file.readFloats(`${PREFIX}${name}`), shape: stored.shape };
    };
    const unknown = [...file.tensors.keys()].find((stored) => stored !== `${PREFIX}${SCORE}` && !shapes.has(stored.slice(PREFIX.length)));
    if (unknown !== undefined) throw bad(`it has ${unknown}`);
    const head = read(SCORE, null);
    if (head.shape.length !== 2 || head.shape[1] !== model.config.hidden_size) throw bad(`the classifier has shape [${head.shape.join(', ')}]`);
    // Read now: a compiled program asks for values only at its first run.
    const values = new Map([...shapes].map(([name, shape]) => [name, read(name, shape).values]));
    const adapters = buildAdapters(model.program, model.config, options, (name) => values.get(name)!);
    return new Classifier(model, model.program.variable(head.shape, () => head.values), adapters);
  } finally {
    file.close();
  }
}

function readOptions(path: string): LoraOptions {
  let json: unknown;
  try {
    json = JSON.parse(readFileSync(path, 'utf8'));
  } catch (error) {
    throw new CriaError('bad-model', `${path} cannot be read as JSON: ${(error as Error).message}`, 'PEFT saves an adapter as a folder with this file in it.', { cause: error });
  }
  const parsed = configSchema.safeParse(json);
  if (!parsed.success) {
    const [issue] = parsed.error.issues;
    throw new CriaError('bad-model', `${path}: ${issue!.path.join('.') || 'the file'} is not as Cria can use it: ${issue!.message}.`,
      'Cria reads plain LoRA for sequence classification, with its target modules listed by name.');
  }
  const { r, lora_alpha, lora_dropout, target_modules } = parsed.data;
  return { rank: r, alpha: lora_alpha, dropout: lora_dropout, targets: target_modules };
}
