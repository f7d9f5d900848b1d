/** A fine-tuned classifier as a Hugging Face folder, which AutoModelForSequenceClassification reads. */
import { copyFileSync, existsSync } from 'node:fs';
import { join } from 'node:path';
import { writeFolderAtomic, writeJsonAtomic } from '../disk/atomic.ts';
import { toConfigJson } from '../models/configJson.ts';
import { writeSafetensors, type TensorSource } from '../models/safetensors.ts';
import type { Classifier } from './classifier.ts';

const ARCHITECTURES = { llama: 'LlamaForSequenceClassification', gpt2: 'GPT2ForSequenceClassification', gptj: 'GPTJForSequenceClassification' } as const;
const TOKENIZER_FILES = ['tokenizer.json', 'tokenizer_config.json', 'special_tokens_map.json'];

/**
 * Writes a classifier whose every weight was trained. `folder` must not exist.
 * @param labels the task's labels in the order of the classes
 * @param baseModel folder of the model that was fine-tuned; its tokenizer goes along
 * @param padId what rows were padded with; transformers finds a row's last token by it
 * @param values float32 values of a trained parameter
 */
export async function saveClassifierFolder(
  folder: string, classifier: Classifier, { labels, baseModel, padId }: { labels: readonly number[]; baseModel: string; padId: number }, values: (name: string) => Float32Array,
): Promise<void> {
  const { config } = classifier.model;
  await writeFolderAtomic(folder, (inside) => {
    writeJsonAtomic(join(inside, 'config.json'), {
      ...toConfigJson(config),
      architectures: [ARCHITECTURES[config.model_type]],
      pad_token_id: padId,
      problem_type: 'single_label_classification',
      id2label: Object.fromEntries(labels.map((label, index) => [index, String(label)])),
      label2id: Object.fromEntries(labels.map((label, index) => [String(label), index])),
    });
    for (const file of TOKENIZER_FILES) if (existsSync(join(baseModel, file))) copyFileSync(join(baseModel, file), join(inside, file));
    writeSafetensors(join(inside, 'model.safetensors'), new Map([...classifier.trained].map(([name, { shape }]): [string, TensorSource] => [name, { shape, values: () => values(name) }])));
  });
}
