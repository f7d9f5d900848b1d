import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { stringify } from 'yaml';
import { nearest } from '../../../src/main/config/nearest.ts';
import { parseRunConfig } from '../../../src/main/config/parseConfig.ts';
import { CONFIG_FIELDS } from '../../../src/shared/configFields.ts';
import { CriaError } from '../../../src/shared/errors.ts';

const PLAIN = `data:
  tokenizer_path: "tok.json"
  train_path: "train"
  eval_path: "dev"
  seq_length: 128
  eval_samples: 100
model:
  type: "Llama"
  name: "Tiny"
  hidden_size: 64
  intermediate_size: 128
  n_layer: 2
  n_head: 4
training:
  lr: 3e-4
  batch_size: 32
  num_epochs: 2
  gradient_accumulation_steps: 2
  warmup_steps: 10
  fp16: False
`;

const parse = (text: string, overrides: [string, string][] = []) => parseRunConfig(text, { file: 'run.yaml', overrides });
const failure = (text: string, overrides: [string, string][] = []): CriaError => {
  try {
    parse(text, overrides);
  } catch (error) {
    return error as CriaError;
  }
  throw new Error('it was accepted');
};

describe('a good config', () => {
  it('is read, with the defaults of what it leaves out', () => {
    const { config, warnings, given } = parse(PLAIN);
    expect(warnings).toEqual([]);
    expect(config.training).toEqual({
      lr: 3e-4, batch_size: 32, num_epochs: 2, gradient_accumulation_steps: 2, warmup_steps: 10, fp16: false, precision: null, eager: false, weight_decay: 0, max_grad_norm: 1, seed: 42,
      eval_steps: null, logging_steps: 20, max_steps: null, keep_checkpoints: false,
    });
    expect(config.distillation).toBeNull();
    expect(given.has('training.seed')).toBe(false);
  });

  it('defaults dropout and tied heads by architecture, as Hugging Face does', () => {
    const gpt2 = parse(PLAIN.replace('Llama', 'GPT2').replace('  intermediate_size: 128\n', '')).config.model;
    expect(gpt2).toMatchObject({ tie_word_embeddings: true, resid_pdrop: 0.1, embd_pdrop: 0.1, attn_pdrop: 0.1 });
    const gptj = parse(PLAIN.replace('Llama', 'GPTJ').replace('  intermediate_size: 128\n', '')).config.model;
    expect(gptj).toMatchObject({ tie_word_embeddings: false, resid_pdrop: 0, attn_pdrop: 0 });
  });

  it('becomes a distillation by its section, with the recipe\'s defaults', () => {
    const { config } = parse(`${PLAIN}distillation:\n  teachers: [A, B]\n`);
    expect(config.distillation).toEqual({ teachers: ['A', 'B'], alpha: 0.5, temperature: 2, kl_reduction: 'batchmean', ensemble: 'logits', teacher_weights: null });
    expect(config.training.weight_decay).toBe(0.1);
  });

  it('takes overrides as YAML values', () => {
    const { config } = parse(PLAIN, [['training.lr', '1e-3'], ['model.name', 'Other'], ['training.max_steps', '7'], ['distillation.teachers', '[A, B]']]);
    expect(config.training).toMatchObject({ lr: 1e-3, max_steps: 7 });
    expect(config.model.name).toBe('Other');
    expect(config.distillation?.teachers).toEqual(['A', 'B']);
  });

  it('means the same after it has been written out and read again', () => {
    const { config } = parse(`${PLAIN}distillation:\n  teachers: [A]\n`);
    expect(parse(stringify(config)).config).toEqual(config);
  });
});

describe('the quirks of the recipe\'s files', () => {
  const keysWarnedOf = (text: string) => parse(text).warnings.map((warning) => warning.key);

  it.each([
    ['"None" as text', PLAIN.replace('Llama', 'GPT2').replace('size: 128\n  n_layer', 'size: None # default\n  n_layer').replace('n_head: 4', 'n_head: 4\n  resid_pdrop: 0.0\n  embd_pdrop: 0.0\n  attn_pdrop: 0.0'), ['model.intermediate_size']],
    ['a GPT-2 width that is ignored, no dropout named', PLAIN.replace('Llama', 'GPT2'), ['model.intermediate_size', 'model.resid_pdrop']],
    ['a learning rate as text', PLAIN.replace('3e-4', '"3e-4"'), ['training.lr']],
    ['wandb and torch_compile', `${PLAIN}  torch_compile: True\nlogging:\n  wandb: True\n  project: "p"\n  output_dir: "./models/"\n`, ['logging.wandb', 'training.torch_compile']],
    ['a name of another size', PLAIN.replace('Tiny', 'Llama-360M'), ['model.name']],
  ])('are accepted with a warning: %s', (_, text, keys) => {
    expect(keysWarnedOf(text)).toEqual(keys);
  });

  it('reads "3e-4", which PyYAML takes for text, as the number that it is', () => {
    expect(parse(PLAIN.replace('3e-4', '"3e-4"')).config.training.lr).toBe(3e-4);
  });
});

describe('a bad config', () => {
  it.each([
    ['a wrong type', PLAIN.replace('n_layer: 2', 'n_layer: two'), 'run.yaml:12: "model.n_layer" should be a whole number from 1 to 10000, not "two"'],
    ['an unknown key', PLAIN.replace('warmup_steps', 'warmup_stesp'), 'run.yaml:19: unknown key "training.warmup_stesp"; did you mean "training.warmup_steps"?'],
    ['an unknown section', PLAIN.replace('training:', 'trainning:'), 'run.yaml:14: unknown section "trainning"; did you mean "training"?'],
    ['a missing key', PLAIN.replace('  n_head: 4\n', ''), '"model.n_head" is missing'],
    ['an unknown architecture', PLAIN.replace('"Llama"', '"llama2"'), 'did you mean "Llama"?'],
    ['heads that do not divide', PLAIN.replace('n_head: 4', 'n_head: 5'), 'run.yaml:13: "model.hidden_size" (64) cannot be divided among 5 heads'],
    ['accumulation that does not divide', PLAIN.replace('steps: 2\n  warmup', 'steps: 5\n  warmup'), '"training.batch_size" (32) cannot be divided into 5 accumulation steps'],
    ['a name that leaves the folder', PLAIN.replace('"Tiny"', '"../../etc"'), '"model.name" should be one plain folder name'],
    ['a Llama without width', PLAIN.replace('  intermediate_size: 128\n', ''), '"model.intermediate_size" is missing'],
    ['the same key twice', PLAIN.replace('  n_layer: 2\n', '  n_layer: 2\n  n_layer: 3\n'), 'run.yaml:13: "model.n_layer" is given twice, first in line 12'],
    ['broken YAML', 'data: [1, 2\nmodel: {', 'not valid YAML'],
    ['nothing', '', 'run.yaml is empty'],
    ['a list', '- a\n- b\n', 'is not a config'],
    ['a section that is no section', PLAIN.replace(/training:[^]*/, 'training: 7\n'), '"training" should hold keys, not 7'],
  ])('is refused, naming line and key: %s', (_, text, expected) => {
    const error = failure(text);
    expect(error).toBeInstanceOf(CriaError);
    expect(error.code).toBe('bad-config');
    expect(error.message).toContain(expected);
  });

  it('hears of all its problems at once', () => {
    const { message } = failure(PLAIN.replace('n_layer: 2', 'n_layer: -1').replace('lr: 3e-4', 'lr: fast').replace('batch_size', 'bach_size'));
    expect(message).toContain('run.yaml has 4 problems');
    for (const part of [':12: "model.n_layer"', ':15: "training.lr"', 'unknown key "training.bach_size"', '"training.batch_size" is missing']) expect(message).toContain(part);
  });

  it('blames an override by its name', () => {
    expect(failure(PLAIN, [['training.batch_siz', '4']]).message).toContain('--set training.batch_siz: unknown key "training.batch_siz"; did you mean "training.batch_size"?');
    expect(failure(PLAIN, [['training.lr', 'x']]).message).toContain('--set training.lr: "training.lr" should be a number above 0');
  });

  it('may not blow up by aliases, or be of any size', () => {
    const bomb = `a: &a [1,1,1,1,1,1,1,1,1]\n${'bcdefghij'.split('').map((name, i) => `${name}: &${name} [${Array(9).fill(`*${'abcdefghij'[i]}`).join(',')}]`).join('\n')}\n`;
    expect(failure(bomb).code).toBe('bad-config');
    expect(failure(`# ${'x'.repeat(1 << 20)}\n${PLAIN}`).message).toContain('larger than');
  });

  it('whatever is in it, ends in a CriaError', () => {
    const lines = PLAIN.split('\n');
    const mutation = fc.tuple(fc.nat(lines.length - 1), fc.oneof(fc.string(), fc.constantFrom('  ', '- x', '? [a]', '{', '&a *a', '!!js/function x', '\t:', 'model:', '__proto__: {a: 1}', '  constructor: 1')));
    fc.assert(
      fc.property(fc.array(mutation, { minLength: 1, maxLength: 4 }), (mutations) => {
        const changed = [...lines];
        for (const [line, text] of mutations) changed[line] = text;
        try {
          parse(changed.join('\n'));
        } catch (error) {
          expect(error).toBeInstanceOf(CriaError);
        }
      }),
      { numRuns: 500 },
    );
  });
});

describe('the nearest word', () => {
  it.each([['trian', 'train'], ['lr ', 'lr'], ['batchsize', 'batch_size'], ['n_haed', 'n_head'], ['zzzzzz', null]])('of %s is %s', (word, expected) => {
    expect(nearest(word, ['train', 'lr', 'batch_size', 'n_head'])).toBe(expected);
  });

  it('is the word itself where there is it', () => {
    for (const { key } of CONFIG_FIELDS) expect(nearest(key, CONFIG_FIELDS.map((field) => field.key))).toBe(key);
  });
});
