/** Adapters in PEFT's format: those that peft saved (tests/oracles/make_finetuning.py) are read, ours are written as it names things. */
import { readFileSync, writeFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { afterEach, describe, expect, it } from 'vitest';
import { makeBatch } from '../../../src/main/finetuning/batches.ts';
import type { Classifier } from '../../../src/main/finetuning/classifier.ts';
import { loadPeftFolder, savePeftFolder } from '../../../src/main/finetuning/peftFolder.ts';
import type { LanguageModel } from '../../../src/main/models/languageModel.ts';
import { SafetensorsFile } from '../../../src/main/models/safetensors.ts';
import { EagerProgram } from '../../../src/main/tensorflow/eagerProgram.ts';
import { tf, type Tensor1D, type Tensor2D } from '../../../src/main/tensorflow/tf.ts';
import { formulaModel, type FormulaModel, type ParameterList } from '../../support/formulaModels.ts';
import { maxDifference } from '../../support/fixtureModels.ts';
import { temporaryFolder } from '../../support/jobContext.ts';

interface Oracle {
  vocabulary: number;
  positions: number;
  classes: number;
  lengths: number[];
  length: number;
  rank: number;
  alpha: number;
  models: Record<FormulaModel, {
    parameters: ParameterList;
    lora: { logits: number[] };
    adapterFolder: { config: Record<string, unknown>; weights: string };
  }>;
}

const oracle = JSON.parse(readFileSync(resolve(import.meta.dirname, '../../oracles/finetuning.json'), 'utf8')) as Oracle;
const ARCHITECTURES = ['llama', 'gpt2', 'gptj'] as const;

const made: { dispose(): void }[] = [];
afterEach(() => made.splice(0).reverse().forEach((one) => one.dispose()));

function model(type: FormulaModel): LanguageModel {
  const program = new EagerProgram();
  const built = formulaModel(program, type, oracle, oracle.models[type].parameters.slice(0, -1), { amplitude: 0.2 });
  made.push(program, built);
  return built;
}

/** The folder that peft saved, with some keys of its config changed. */
function peftFolder(type: FormulaModel, changes: Record<string, unknown> = {}): string {
  const folder = temporaryFolder();
  const { config, weights } = oracle.models[type].adapterFolder;
  writeFileSync(join(folder, 'adapter_config.json'), JSON.stringify({ ...config, ...changes }));
  writeFileSync(join(folder, 'adapter_model.safetensors'), Buffer.from(weights, 'base64'));
  return folder;
}

function logits(classifier: Classifier): Float32Array {
  const { ids, last, rows, length } = makeBatch(oracle.lengths.map((count, row) => ({
    ids: Int32Array.from({ length: count }, (_, column) => 3 + (((row * oracle.length + column) * 31 + row) % 47)), label: 0,
  })), { rows: oracle.lengths.length, padId: 0, maxLength: oracle.positions });
  return tf.tidy(() => classifier.logits(tf.tensor2d(ids, [rows, length], 'int32') as Tensor2D, tf.tensor1d(last, 'int32') as Tensor1D).dataSync() as Float32Array);
}

describe.each(ARCHITECTURES)('adapters of %s', (type) => {
  it('saved by peft give peft\'s logits', () => {
    const classifier = loadPeftFolder(peftFolder(type), model(type));
    expect(classifier.adapters!.options).toMatchObject({ rank: oracle.rank, alpha: oracle.alpha, dropout: 0 });
    expect(maxDifference(logits(classifier), oracle.models[type].lora.logits)).toBeLessThan(2e-5);
  });

  it('are saved under peft\'s names and in its config\'s terms, and read back', async () => {
    const classifier = loadPeftFolder(peftFolder(type), model(type));
    const folder = join(temporaryFolder(), 'adapter');
    await savePeftFolder(folder, classifier, '/models/base', (name) => classifier.trained.get(name)!.dataSync() as Float32Array);
    const written = new SafetensorsFile(join(folder, 'adapter_model.safetensors'));
    const reference = new SafetensorsFile(join(peftFolder(type), 'adapter_model.safetensors'));
    expect([...written.tensors.keys()].sort()).toEqual([...reference.tensors.keys()].sort());
    for (const name of reference.tensors.keys()) expect(written.readFloats(name), name).toEqual(reference.readFloats(name));
    written.close();
    reference.close();
    const config = JSON.parse(readFileSync(join(folder, 'adapter_config.json'), 'utf8')) as Record<string, unknown>;
    const expected = oracle.models[type].adapterFolder.config;
    for (const key of ['peft_type', 'task_type', 'r', 'lora_alpha', 'bias', 'fan_in_fan_out', 'inference_mode']) expect(config[key], key).toEqual(expected[key]);
    expect([...(config.target_modules as string[])].sort()).toEqual([...(expected.target_modules as string[])].sort());
    expect(logits(loadPeftFolder(folder, classifier.model))).toEqual(logits(classifier));
  });
});

describe('an adapter folder', () => {
  it.each([
    ['another method', { peft_type: 'IA3' }, 'peft_type'],
    ['weight-decomposed adapters', { use_dora: true }, 'use_dora'],
    ['rank-stabilised scaling', { use_rslora: true }, 'use_rslora'],
    ['trained biases', { bias: 'all' }, 'bias'],
    ['ranks of their own', { rank_pattern: { q_proj: 4 } }, 'rank_pattern'],
    ['a pattern as targets', { target_modules: '.*proj' }, 'target_modules'],
  ])('with %s is refused', (_, changes, key) => {
    expect(() => loadPeftFolder(peftFolder('llama', changes), model('llama'))).toThrow(expect.objectContaining({ code: 'bad-model', message: expect.stringContaining(key) as string }) as Error);
  });

  it('of another model is refused', () => {
    expect(() => loadPeftFolder(peftFolder('gpt2'), model('llama'))).toThrow(expect.objectContaining({ code: 'bad-input', message: expect.stringContaining('c_attn') as string }) as Error);
    expect(() => loadPeftFolder(peftFolder('llama', { r: 5 }), model('llama'))).toThrow(expect.objectContaining({ code: 'bad-model', message: expect.stringContaining('instead of [5, 16]') as string }) as Error);
    expect(() => loadPeftFolder(peftFolder('llama', { target_modules: ['q_proj'] }), model('llama'))).toThrow(expect.objectContaining({ code: 'bad-model' }) as Error);
  });
});
