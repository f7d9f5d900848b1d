/** Reading a Hugging Face tokenizer.json: which kinds Cria understands, and what is wrong with the others. */
import { z } from 'zod';
import { CriaError } from '../../shared/errors.ts';

/** A vocabulary of a quarter of a million has 20 MB. */
export const MAX_TOKENIZER_BYTES = 64 << 20;

const addedToken = z.object({
  id: z.int().min(0).max(2 ** 24 - 1),
  content: z.string().min(1),
  single_word: z.literal(false),
  lstrip: z.literal(false),
  rstrip: z.literal(false),
  normalized: z.boolean(),
  special: z.boolean(),
});

/** Only the type, and what a sequence consists of, is looked at; the `tokenizers` library checks the rest. */
const part = z.looseObject({ type: z.string() });
const preTokenizerPart = part.extend({
  pretokenizers: z.array(part.refine(({ type }) => type !== 'Sequence', 'a sequence within a sequence')).optional(),
});

const merge = z.union([z.tuple([z.string(), z.string()]), z.string().transform((text, issues): [string, string] => {
  const [left, right, ...more] = text.split(' ');
  if (left && right && more.length === 0) return [left, right];
  issues.addIssue({ code: 'custom', message: `"${text}" is not two tokens with a space between` });
  return z.NEVER;
})]);

const tokenizerFile = z.object({
  added_tokens: z.array(addedToken).default([]),
  normalizer: part.nullish(),
  pre_tokenizer: preTokenizerPart,
  decoder: z.looseObject({ type: z.literal('ByteLevel') }),
  model: z.object({
    type: z.literal('BPE'),
    dropout: z.null().optional(),
    unk_token: z.string().nullish(),
    continuing_subword_prefix: z.literal('').nullish(),
    end_of_word_suffix: z.literal('').nullish(),
    fuse_unk: z.literal(false).optional(),
    byte_fallback: z.literal(false).optional(),
    ignore_merges: z.boolean().default(false),
    vocab: z.record(z.string(), z.int().min(0).max(2 ** 24 - 1)),
    merges: z.array(merge),
  }),
});
export type TokenizerFile = z.infer<typeof tokenizerFile>;

/**
 * Parses a tokenizer.json whose model is a byte-level BPE, as GPT-2's, Llama 3's and the recipe's are.
 *
 * @param path only named in errors
 * @throws CriaError `bad-input` naming the key that is wrong or not understood
 */
export function parseTokenizerFile(path: string, text: string): TokenizerFile {
  const parsed = tokenizerFile.safeParse(parseJson(path, text));
  if (!parsed.success) {
    const { path: key, message } = parsed.error.issues[0]!;
    throw new CriaError('bad-input', `${path}: ${key.join('.') || 'the file'}: ${message}`,
      'Cria reads tokenizer.json files with a byte-level BPE model, e.g. those that `cria tokenizer` writes.');
  }
  const { vocab, merges } = parsed.data.model;
  for (const [left, right] of merges) {
    const missing = [left, right, left + right].find((token) => !Object.hasOwn(vocab, token));
    if (missing !== undefined) {
      throw new CriaError('bad-input', `${path}: the merge of "${left}" and "${right}" speaks of "${missing}", which the vocabulary lacks.`,
        'The file is damaged; take it from its source again, or train the tokenizer anew.');
    }
  }
  return parsed.data;
}

function parseJson(path: string, text: string): unknown {
  try {
    return JSON.parse(text);
  } catch (error) {
    throw new CriaError('bad-input', `${path} is not JSON: ${(error as Error).message}`,
      'Give a Hugging Face tokenizer.json.', { cause: error });
  }
}

/**
 * Sets add_prefix_space in the ByteLevel part of the pre-tokenizer; null leaves what the file says.
 *
 * @returns the pre-tokenizer, and whether it now adds a prefix space
 */
export function withPrefixSpace(
  preTokenizer: Record<string, unknown> & { type: string; pretokenizers?: readonly { type: string }[] | undefined },
  value: boolean | null,
): { json: Record<string, unknown>; addPrefixSpace: boolean } {
  if (preTokenizer.type === 'Sequence' && preTokenizer.pretokenizers) {
    const inner = preTokenizer.pretokenizers.map((one) => withPrefixSpace(one, value));
    return { json: { ...preTokenizer, pretokenizers: inner.map(({ json }) => json) }, addPrefixSpace: inner.some((one) => one.addPrefixSpace) };
  }
  if (preTokenizer.type !== 'ByteLevel') return { json: preTokenizer, addPrefixSpace: false };
  const addPrefixSpace = value ?? preTokenizer.add_prefix_space === true;
  return { json: { ...preTokenizer, add_prefix_space: addPrefixSpace }, addPrefixSpace };
}
