import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { addPrefixSpace, startToken } from '../../../src/main/evaluation/tokenizerRoles.ts';
import type { ModelConfig } from '../../../src/main/models/modelConfig.ts';
import { temporaryFolder } from '../../support/jobContext.ts';

const config = (ids: Partial<ModelConfig>): ModelConfig => ({
  model_type: 'llama', vocab_size: 100, max_positions: 8, hidden_size: 8, intermediate_size: 8, n_layer: 1, n_head: 1, tie_word_embeddings: false,
  initializer_range: 0.02, bos_token_id: 50256, eos_token_id: 50256, pad_token_id: null, rms_norm_eps: 1e-6, rope_theta: 1e4, ...(ids as object),
});
const tokens = (ids: Record<string, number>) => (token: string) => ids[token] ?? null;

describe('startToken', () => {
  it.each<[string, Record<string, unknown>, Record<string, unknown>, number]>([
    ['the beginning-of-text token', { bos_token: '<s>', eos_token: '</s>' }, {}, 1],
    ['a token written as an object', { bos_token: { content: '<s>', lstrip: false } }, {}, 1],
    ['the end-of-text token without one', { bos_token: null, eos_token: '</s>', pad_token: '<pad>' }, {}, 2],
    ['the padding token without either', { pad_token: '<pad>' }, {}, 0],
    ['what special_tokens_map.json says', {}, { bos_token: '</s>' }, 2],
    ['the recipe\'s name when a named token is unknown', { bos_token: '<|endoftext|>' }, {}, 1],
  ])('is %s', (_, tokenizerConfig, map, expected) => {
    const folder = temporaryFolder();
    writeFileSync(join(folder, 'tokenizer_config.json'), JSON.stringify(tokenizerConfig));
    writeFileSync(join(folder, 'special_tokens_map.json'), JSON.stringify(map));
    expect(startToken(folder, tokens({ '<pad>': 0, '<s>': 1, '</s>': 2 }), config({}))).toBe(expected);
  });

  it('is the recipe\'s <s> in a folder without such files', () => {
    expect(startToken(temporaryFolder(), tokens({ '<pad>': 0, '<s>': 1, '</s>': 2 }), config({ bos_token_id: 7 }))).toBe(1);
  });

  it('is config.json\'s when no token has a known name, and never one outside the vocabulary', () => {
    expect(startToken(temporaryFolder(), tokens({}), config({ eos_token_id: 9 }))).toBe(9);
    expect(() => startToken(temporaryFolder(), tokens({}), config({}))).toThrow(expect.objectContaining({ code: 'bad-model' }));
  });

  it('refuses a damaged file', () => {
    const folder = temporaryFolder();
    writeFileSync(join(folder, 'tokenizer_config.json'), '{');
    expect(() => startToken(folder, tokens({}), config({}))).toThrow(expect.objectContaining({ code: 'bad-model' }));
  });
});

describe('addPrefixSpace', () => {
  it('is false unless the folder says true', () => {
    const folder = temporaryFolder();
    expect(addPrefixSpace(folder)).toBe(false);
    writeFileSync(join(folder, 'tokenizer_config.json'), '{"add_prefix_space":true}');
    expect(addPrefixSpace(folder)).toBe(true);
  });
});
