/** A tokenizer: text to ids and back. */
import { createHash } from 'node:crypto';
import { Tokenizer as Library, type Normalizer, type PreTokenizer } from 'tokenizers';
import { CriaError } from '../../shared/errors.ts';
import { readBounded } from '../disk/foreignFile.ts';
import { byteOfSymbol, normalizedWords, symbolsOfText } from './byteLevel.ts';
import { WordEncoder } from './bpeModel.ts';
import { MAX_TOKENIZER_BYTES, parseTokenizerFile, withPrefixSpace, type TokenizerFile } from './tokenizerSchema.ts';

export interface Tokenizer {
  readonly path: string;
  /** SHA-256 of the file, hexadecimal. */
  readonly sha256: string;
  /** One more than the largest id. */
  readonly vocabSize: number;
  /** Whether a space is put before a text that does not start with one. */
  readonly addPrefixSpace: boolean;
  /** True when {@link encode} of a text is that of its pieces, cut by `lastSafeCut`, one after the other. */
  readonly canEncodePieces: boolean;
  /** Ids of `<s>`, `</s>` and `<pad>`, the recipe's special tokens; null when the vocabulary lacks them. */
  readonly bos: number | null;
  readonly eos: number | null;
  readonly pad: number | null;
  /** Ids of a text. Special tokens written out in it are recognised; none is added. Bytes that the vocabulary lacks vanish. */
  encode(text: string): number[];
  /** The text of ids; those beyond the vocabulary give nothing. */
  decode(ids: Iterable<number>, options?: { skipSpecialTokens?: boolean }): string;
  tokenToId(token: string): number | null;
  idToToken(id: number): string | null;
}

export interface TokenizerOptions {
  /**
   * Overrides the file's add_prefix_space; null keeps it. Default false: the recipe trains and scores through transformers 4's
   * GPT2TokenizerFast, which turns it off, though the tokenizer itself was trained with it on.
   */
  addPrefixSpace?: boolean | null;
}

/**
 * Loads a byte-level BPE tokenizer.json.
 *
 * @throws CriaError `not-found`; `bad-input` when the file is damaged or of a kind that Cria does not know
 */
export async function loadTokenizer(path: string, { addPrefixSpace = false }: TokenizerOptions = {}): Promise<Tokenizer> {
  let text: string;
  try {
    text = readBounded(path, MAX_TOKENIZER_BYTES, 'bad-input');
  } catch (error) {
    if (error instanceof CriaError) throw error;
    throw new CriaError('not-found', `There is no tokenizer at ${path}: ${(error as Error).message}`,
      'Give the path of a tokenizer.json, or train one with `cria tokenizer`.', { cause: error });
  }
  return new BpeTokenizer(path, text, addPrefixSpace);
}

/**
 * Words are encoded here, not by the library: its Node binding is asynchronous and holds over 500 bytes a token, too much for a file
 * in one call. The library still normalises and cuts where the recipe's way is not the file's; tests hold the ids to the library's.
 */
class BpeTokenizer implements Tokenizer {
  readonly path: string;
  readonly sha256: string;
  readonly vocabSize: number;
  readonly addPrefixSpace: boolean;
  readonly canEncodePieces: boolean;
  readonly bos: number | null;
  readonly eos: number | null;
  readonly pad: number | null;
  readonly #ids: Map<string, number>;
  readonly #tokens: string[] = [];
  readonly #special: Set<number>;
  readonly #encoder: WordEncoder;
  readonly #cut: (text: string) => readonly string[];
  readonly #symbolsOf: (word: string) => string;
  /** Literals of added tokens that are looked for before and after normalisation. */
  readonly #rawLiterals: RegExp | null;
  readonly #literals: RegExp | null;
  readonly #normalize: (text: string) => string;

  constructor(path: string, text: string, prefixSpace: boolean | null) {
    const file = parseTokenizerFile(path, text);
    const { json: preTokenizer, addPrefixSpace } = withPrefixSpace(file.pre_tokenizer, prefixSpace);
    this.path = path;
    this.sha256 = createHash('sha256').update(text).digest('hex');
    this.addPrefixSpace = addPrefixSpace;
    this.#ids = new Map(Object.entries(file.model.vocab));
    this.#special = new Set(file.added_tokens.filter(({ special }) => special).map(({ id }) => id));
    for (const { content, id } of file.added_tokens) this.#ids.set(content, id);
    for (const [token, id] of this.#ids) this.#tokens[id] = token;
    this.vocabSize = this.#tokens.length;
    this.bos = this.tokenToId('<s>');
    this.eos = this.tokenToId('</s>');
    this.pad = this.tokenToId('<pad>');

    const { model } = file;
    const unknown = model.unk_token == null ? null : this.tokenToId(model.unk_token);
    this.#encoder = new WordEncoder({
      vocab: new Map(Object.entries(model.vocab)), merges: model.merges, unknown, ignoreMerges: model.ignore_merges,
    });
    this.#rawLiterals = literals(file, false);
    this.#literals = literals(file, true);

    // The recipe's own kind is normalised and cut here; for any other the library is asked. With a later normaliser-bound literal the two
    // steps must stay apart, and only the library does them apart.
    const isRecipes =
      file.normalizer?.type === 'NFKC' && preTokenizer.type === 'ByteLevel' && preTokenizer.use_regex !== false && this.#literals === null;
    this.canEncodePieces = isRecipes && !file.added_tokens.some(({ content }) => content.includes(' '));
    if (isRecipes) {
      this.#normalize = (piece) => piece;
      this.#cut = (piece) => normalizedWords(piece, addPrefixSpace);
      this.#symbolsOf = symbolsOfText;
    } else {
      const { normalizer, cutter } = libraryParts(path, text, preTokenizer);
      this.#normalize = normalizer ? (piece) => normalizer.normalizeString(piece) : (piece) => piece;
      this.#cut = (piece) => cutter.preTokenizeString(piece).map(([symbols]) => symbols);
      this.#symbolsOf = (word) => word;
    }
  }

  encode(text: string): number[] {
    const ids: number[] = [];
    for (const [segment, id] of split(text.toWellFormed(), this.#rawLiterals, this.#ids)) {
      if (id !== null) ids.push(id);
      else this.#encodeSegment(segment, ids);
    }
    return ids;
  }

  #encodeSegment(text: string, ids: number[]): void {
    for (const [segment, id] of split(this.#normalize(text), this.#literals, this.#ids)) {
      if (id !== null) {
        ids.push(id);
        continue;
      }
      for (const word of this.#cut(segment)) {
        for (const token of this.#encoder.encode(word, () => this.#symbolsOf(word))) ids.push(token);
      }
    }
  }

  decode(ids: Iterable<number>, { skipSpecialTokens = false } = {}): string {
    const parts: Uint8Array[] = [];
    for (const id of ids) {
      const token = this.#tokens[id];
      if (token === undefined || (skipSpecialTokens && this.#special.has(id))) continue;
      const bytes = Array.from(token, byteOfSymbol);
      // A token that is not written in byte symbols, as an added one may be, stands for its own text.
      parts.push(bytes.includes(-1) ? Buffer.from(token) : Uint8Array.from(bytes));
    }
    return Buffer.concat(parts).toString('utf8');
  }

  tokenToId(token: string): number | null {
    return this.#ids.get(token) ?? null;
  }

  idToToken(id: number): string | null {
    return this.#tokens[id] ?? null;
  }
}

/** The added tokens as one expression that finds the leftmost and of those the longest; null when there are none of the kind. */
function literals(file: TokenizerFile, normalized: boolean): RegExp | null {
  // Without a normaliser the two kinds are one, and one search finds the leftmost of all.
  const kind = file.normalizer ? file.added_tokens.filter((token) => token.normalized === normalized) : normalized ? [] : file.added_tokens;
  if (kind.length === 0) return null;
  const longestFirst = kind.map(({ content }) => content).sort((a, b) => b.length - a.length);
  return new RegExp(longestFirst.map((content) => RegExp.escape(content)).join('|'), 'gu');
}

/** A text's segments in order: ordinary text with null, literals with their ids. */
function* split(text: string, literal: RegExp | null, ids: ReadonlyMap<string, number>): Generator<[string, number | null]> {
  let start = 0;
  if (literal !== null) {
    for (const match of text.matchAll(literal)) {
      if (match.index > start) yield [text.slice(start, match.index), null];
      yield [match[0], ids.get(match[0])!];
      start = match.index + match[0].length;
    }
  }
  if (start < text.length) yield [text.slice(start), null];
}

function libraryParts(path: string, text: string, preTokenizer: Record<string, unknown>): { normalizer: Normalizer | null; cutter: PreTokenizer } {
  try {
    const file = JSON.parse(text) as Record<string, unknown>;
    const library = Library.fromString(JSON.stringify({ ...file, pre_tokenizer: preTokenizer }));
    const cutter = library.getPreTokenizer();
    if (cutter) return { normalizer: library.getNormalizer(), cutter };
    throw new Error('it has no pre-tokenizer');
  } catch (error) {
    throw new CriaError('bad-input', `${path} is not a tokenizer that can be used: ${(error as Error).message}`,
      'Give a Hugging Face tokenizer.json with a byte-level BPE model.', { cause: error });
  }
}
