/** The configs that Cria ships, held against the recipe's own table. */
import { globSync, readFileSync } from 'node:fs';
import { basename, join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { parseRunConfig } from '../../../src/main/config/parseConfig.ts';
import { modelConfigFromRun } from '../../../src/main/models/configJson.ts';
import { countParameters } from '../../../src/main/models/parameterShapes.ts';

const folder = join(import.meta.dirname, '../../../config');
const files = globSync('**/*.yaml', { cwd: folder });
const read = (name: string) => parseRunConfig(readFileSync(join(folder, name), 'utf8'), { file: name });

/** type, hidden, width, layers, heads, tied, lr, batch, accumulation, epochs, eval samples, track; parameters by transformers. */
const RECIPE: Record<string, [string, number, number | null, number, number, boolean, number, number, number, number, number, string, number]> = {
  'gpt-705M': ['GPT2', 1536, null, 24, 16, true, 2.5e-4, 128, 16, 4, 8192, '10M', 704928768],
  'llama-360M': ['Llama', 1024, 3072, 24, 8, false, 3e-4, 128, 8, 4, 8192, '10M', 359973888],
  'llama-16M': ['Llama', 256, 1024, 8, 8, false, 3e-4, 128, 1, 4, 8192, '10M', 16584960],
  'gpt-97M': ['GPT2', 768, null, 12, 12, true, 7e-4, 128, 2, 6, 16384, '10M', 97540608],
  'gpt-97M-strict': ['GPT2', 768, null, 12, 12, true, 7e-4, 128, 2, 6, 16384, '100M', 97540608],
  'gpt-j-97M': ['GPTJ', 768, null, 12, 12, true, 7e-4, 128, 2, 6, 16384, '10M', 97304704],
  'gpt-j-97M-strict': ['GPTJ', 768, null, 12, 12, true, 7e-4, 128, 2, 4, 16384, '100M', 97304704],
  'llama-95M': ['Llama', 768, 2048, 10, 12, false, 3e-4, 128, 8, 4, 16384, '10M', 95371008],
  'llama-95M-strict': ['Llama', 768, 2048, 10, 12, false, 7e-4, 128, 2, 4, 16384, '100M', 95371008],
  'llama-97M': ['Llama', 768, 2048, 12, 12, true, 7e-4, 128, 2, 6, 16384, '10M', 97241856],
  'llama-97M-strict': ['Llama', 768, 2048, 12, 12, true, 7e-4, 128, 2, 6, 16384, '100M', 97241856],
  'llama-bigger-strict': ['Llama', 768, 2048, 12, 12, false, 7e-4, 128, 2, 4, 16384, '100M', 109529856],
};

describe.each(Object.entries(RECIPE))('config/%s.yaml', (name, [type, hidden, width, layers, heads, tied, lr, batch, parts, epochs, samples, track, parameters]) => {
  it('says what the recipe says', () => {
    const { config } = read(`${name}.yaml`);
    expect(config.model).toMatchObject({ type, hidden_size: hidden, intermediate_size: width, n_layer: layers, n_head: heads, tie_word_embeddings: tied });
    expect(config.training).toMatchObject({ lr, batch_size: batch, gradient_accumulation_steps: parts, num_epochs: epochs, warmup_steps: 300, weight_decay: 0, max_grad_norm: 1, fp16: true });
    expect(config.data).toMatchObject({ seq_length: 128, eval_samples: samples, train_path: `./data/babylm_${track}_clean`, tokenizer_path: './models/gpt-clean-16000.json' });
    const dropout = name === 'gpt-705M' ? 0.1 : 0;
    expect(config.model).toMatchObject({ resid_pdrop: dropout, embd_pdrop: dropout, attn_pdrop: dropout });
  });

  it('makes a model with exactly the parameters that transformers counts', () => {
    expect(countParameters(modelConfigFromRun(read(`${name}.yaml`).config, 16_000))).toBe(parameters);
  });
});

it('config/distil-58M.yaml is the recipe\'s student', () => {
  const { config } = read('distil-58M.yaml');
  expect(config.model).toMatchObject({ type: 'Llama', hidden_size: 512, intermediate_size: 1024, n_layer: 16, n_head: 8, tie_word_embeddings: false });
  expect(config.training).toMatchObject({ lr: 2.5e-4, batch_size: 32, num_epochs: 6, warmup_steps: 200, weight_decay: 0.1 });
  expect(config.distillation).toEqual({ teachers: ['Llama-360M', 'GPT2-705M'], alpha: 0.5, temperature: 2, kl_reduction: 'batchmean', ensemble: 'logits', teacher_weights: null });
  expect(countParameters(modelConfigFromRun(config, 16_000))).toBe(58343936);
});

describe('every shipped config', () => {
  it.each(files)('%s has no quirk', (file) => {
    expect(read(file).warnings).toEqual([]);
  });

  it('has a name of its own', () => {
    const names = files.map((file) => read(file).config.model.name);
    expect(new Set(names).size).toBe(names.length);
    expect(files.map((file) => basename(file))).toContain('distil-58M.yaml');
  });
});
