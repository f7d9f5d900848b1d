/** What a model folder says of its tokenizer's use: the token a sentence is scored after, and the space before a text. */
import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { CriaError } from '../../shared/errors.ts';
import type { ModelConfig } from '../models/modelConfig.ts';

/** A special token as Hugging Face's files write it. */
type NamedToken = string | { content?: string } | null | undefined;

/** In lm_eval's order of preference (its prefix_token_id). */
const ROLES = ['bos_token', 'eos_token', 'pad_token'] as const;
/** The recipe's own names for them; its tokenizer.json alone does not say which token plays which role. */
const RECIPE_TOKENS = ['<s>', '</s>', '<pad>'];

/**
 * lm_eval's prefix_token_id: the tokenizer's beginning-of-text token, else its end-of-text token, else its padding token. They are looked
 * up in the folder's tokenizer_config.json or special_tokens_map.json; in a folder with neither, the recipe's names and then config.json
 * decide. config.json comes last because GPT-2's default there, 50256, is no id of a smaller tokenizer.
 *
 * @param folder the model's folder
 * @param idOf id of a token of the tokenizer, null when it has none of that name
 * @throws CriaError `bad-model` when there is no such token
 */
export function startToken(folder: string, idOf: (token: string) => number | null, config: ModelConfig): number {
  const named = ['tokenizer_config.json', 'special_tokens_map.json'].map((file) => readJson(join(folder, file)));
  const candidates = ROLES.flatMap((role) => named.map((tokens) => idOfNamed(tokens[role] as NamedToken, idOf)));
  candidates.push(...RECIPE_TOKENS.map(idOf), config.bos_token_id, config.eos_token_id, config.pad_token_id);
  const id = candidates.find((candidate) => candidate !== null && candidate < config.vocab_size);
  if (id != null) return id;
  throw new CriaError('bad-model', `${folder} names no beginning-of-text, end-of-text or padding token, and scoring needs one to start from.`,
    'Add "bos_token" to its tokenizer_config.json.');
}

function idOfNamed(token: NamedToken, idOf: (token: string) => number | null): number | null {
  const name = typeof token === 'string' ? token : token?.content;
  return name === undefined ? null : idOf(name);
}

/** Whether a space is put before a text: tokenizer_config.json's add_prefix_space, else false as in transformers' GPT2TokenizerFast. */
export function addPrefixSpace(folder: string): boolean {
  return readJson(join(folder, 'tokenizer_config.json')).add_prefix_space === true;
}

/** The parts of a tokenizer.json's template that put tokens around a text. */
interface PostProcessor {
  type?: string;
  single?: { SpecialToken?: { id?: string }; Sequence?: unknown }[];
  processors?: PostProcessor[];
}

/**
 * Ids that tokenizer.json's own template puts before a text when transformers encodes it; byte-level tokenizers have none.
 * @param idOf id of a token of the tokenizer, null when it has none of that name
 */
export function templatePrefix(folder: string, idOf: (token: string) => number | null): number[] {
  const { post_processor: post } = readJson(join(folder, 'tokenizer.json')) as { post_processor?: PostProcessor | null };
  const template = [post, ...(post?.processors ?? [])].find((part) => part?.type === 'TemplateProcessing')?.single ?? [];
  const before = template.slice(0, template.findIndex((piece) => piece.Sequence !== undefined));
  return before.map((piece) => idOf(piece.SpecialToken?.id ?? '')).filter((id) => id !== null);
}

function readJson(path: string): Record<string, unknown> {
  if (!existsSync(path)) return {};
  try {
    return (JSON.parse(readFileSync(path, 'utf8')) ?? {}) as Record<string, unknown>;
  } catch (error) {
    throw new CriaError('bad-model', `${path} is not JSON: ${(error as Error).message}`, 'Copy the file again from where the model came from.', { cause: error });
  }
}
