/** Writing a byte-level BPE in Hugging Face's tokenizer.json format. */
import type { Bpe } from './bpe.ts';

/**
 * The file as `tokenizers` saves the recipe's tokenizer, byte for byte. The vocabulary is written by hand: a JavaScript object would
 * put tokens like "42" first, and the file lists tokens by id.
 */
export function tokenizerJson({ vocab, merges }: Bpe, specialTokens: readonly string[]): string {
  const byteLevel = { type: 'ByteLevel', add_prefix_space: true, trim_offsets: true, use_regex: true };
  const head = {
    version: '1.0',
    truncation: null,
    padding: null,
    added_tokens: specialTokens.map((content) => ({
      id: vocab.indexOf(content), content, single_word: false, lstrip: false, rstrip: false, normalized: false, special: true,
    })),
    normalizer: { type: 'NFKC' },
    pre_tokenizer: byteLevel,
    post_processor: byteLevel,
    decoder: byteLevel,
    model: {
      type: 'BPE',
      dropout: null,
      unk_token: null,
      continuing_subword_prefix: null,
      end_of_word_suffix: null,
      fuse_unk: false,
      byte_fallback: false,
      ignore_merges: false,
    },
  };
  const open = JSON.stringify(head, null, 2).replace(/\n {2}\}\n\}$/, '');
  const vocabLines = vocab.map((token, id) => `      ${JSON.stringify(token)}: ${id}`);
  const mergeLines = merges.map(([left, right]) => `      [\n        ${JSON.stringify(left)},\n        ${JSON.stringify(right)}\n      ]`);
  return `${open},\n    "vocab": ${block('{', vocabLines, '}')},\n    "merges": ${block('[', mergeLines, ']')}\n  }\n}`;
}

function block(open: string, lines: string[], close: string): string {
  return lines.length === 0 ? open + close : `${open}\n${lines.join(',\n')}\n    ${close}`;
}
