/**
 * Learning a byte-pair encoding from counted words, with the same outcome, tie for tie, as the BpeTrainer of Hugging Face's
 * `tokenizers`: the most frequent pair is merged first, of equals the one with the smaller ids.
 */
import { BYTE_SYMBOLS } from './byteLevel.ts';
import { PairQueue } from './pairQueue.ts';

export interface BpeOptions {
  /** Learning stops when the vocabulary has that many tokens. */
  vocabSize: number;
  /** Learning stops when no pair occurs so often. */
  minFrequency: number;
  /** They get the first ids. */
  specialTokens: readonly string[];
  /** Told the vocabulary's size now and then, and awaited; may throw to stop. */
  onProgress?: (vocabSize: number) => Promise<void>;
}

export interface Bpe {
  /** Tokens by id: special tokens, byte symbols by code point, then what the merges make. */
  vocab: string[];
  /** Pairs in the order in which they are to be merged. */
  merges: [string, string][];
}

/** Ids of a pair as one number that a Map takes; ids are below 2^24. */
const PAIR_BASE = 2 ** 24;

/**
 * @param counts how often each word occurs; words as text, learned as the byte symbols of their UTF-8
 */
export function learnBpe(counts: ReadonlyMap<string, number>, options: BpeOptions): Promise<Bpe> {
  return new Learner(counts, options).learn();
}

class Learner {
  readonly #options: BpeOptions;
  readonly #vocab: string[] = [];
  readonly #ids = new Map<string, number>();

  /** All words one after the other: word w holds `#tokens[#starts[w] ... #starts[w] + #lengths[w])`. Merging shortens it in place. */
  readonly #tokens: Uint32Array;
  readonly #starts: Uint32Array;
  readonly #lengths: Uint32Array;
  readonly #wordCounts: Float64Array;

  readonly #queue = new PairQueue();
  /** How often each pair occurs. A pair that has been merged keeps its count, as in the original: see {@link learn}. */
  readonly #pairCounts = new Map<number, number>();
  /** Pairs that appeared since the queue was last filled, with the words that they appeared in. */
  #appeared = new Map<number, number[]>();

  constructor(counts: ReadonlyMap<string, number>, options: BpeOptions) {
    this.#options = options;
    const encoder = new TextEncoder();
    let total = 0;
    const seen = new Uint8Array(256);
    for (const word of counts.keys()) total += Buffer.byteLength(word);
    const bytes = new Uint8Array(total);
    this.#starts = new Uint32Array(counts.size);
    this.#lengths = new Uint32Array(counts.size);
    this.#wordCounts = new Float64Array(counts.size);
    let word = 0;
    let end = 0;
    for (const [text, count] of counts) {
      const { written } = encoder.encodeInto(text, bytes.subarray(end));
      this.#starts[word] = end;
      this.#lengths[word] = written;
      this.#wordCounts[word] = count;
      end += written;
      word++;
    }
    for (const byte of bytes) seen[byte] = 1;

    for (const token of options.specialTokens) this.#id(token);
    const idOfByte = new Uint32Array(256);
    const order = [...BYTE_SYMBOLS.keys()].sort((a, b) => BYTE_SYMBOLS[a]!.codePointAt(0)! - BYTE_SYMBOLS[b]!.codePointAt(0)!);
    for (const byte of order) {
      if (seen[byte]) idOfByte[byte] = this.#id(BYTE_SYMBOLS[byte]!);
    }
    this.#tokens = Uint32Array.from(bytes, (byte) => idOfByte[byte]!);
  }

  /**
   * Merges until the vocabulary is full. Two things follow the original to the letter because they decide ids in rare cases: the
   * count of a pair is not lowered when the pair itself is merged, and a pair that appears again (two ways led to the same
   * token) is queued a second time, for its new words only, and then stands in the list of merges at its last place.
   */
  async learn(): Promise<Bpe> {
    this.#countPairs();
    this.#enqueue();
    const merges: number[] = [];
    while (this.#vocab.length < this.#options.vocabSize) {
      const top = this.#queue.pop();
      if (!top) break;
      const pair = top.left * PAIR_BASE + top.right;
      const count = this.#pairCounts.get(pair)!;
      if (top.count !== count) {
        top.count = count;
        this.#queue.push(top);
        continue;
      }
      if (count < 1 || count < this.#options.minFrequency) break;
      merges.push(pair);
      const merged = this.#id(this.#vocab[top.left]! + this.#vocab[top.right]!);
      for (const word of top.words) this.#merge(word, top.left, top.right, merged);
      this.#enqueue();
      if (merges.length % 64 === 0) await this.#options.onProgress?.(this.#vocab.length);
    }
    const lastPlace = new Map(merges.map((pair, rank) => [pair, rank]));
    const inOrder = merges.filter((pair, rank) => lastPlace.get(pair) === rank);
    return {
      vocab: this.#vocab,
      merges: inOrder.map((pair) => [this.#vocab[Math.floor(pair / PAIR_BASE)]!, this.#vocab[pair % PAIR_BASE]!]),
    };
  }

  /** The token's id, a new one when it is new. */
  #id(token: string): number {
    let id = this.#ids.get(token);
    if (id === undefined) {
      id = this.#vocab.push(token) - 1;
      this.#ids.set(token, id);
    }
    return id;
  }

  #countPairs(): void {
    for (let word = 0; word < this.#starts.length; word++) {
      const start = this.#starts[word]!;
      const last = start + this.#lengths[word]! - 1;
      for (let at = start; at < last; at++) this.#change(this.#tokens[at]!, this.#tokens[at + 1]!, word, 1);
    }
  }

  /** A pair occurs once more (1) or once less (-1) in a word. */
  #change(left: number, right: number, word: number, sign: 1 | -1): void {
    const pair = left * PAIR_BASE + right;
    this.#pairCounts.set(pair, (this.#pairCounts.get(pair) ?? 0) + sign * this.#wordCounts[word]!);
    if (sign < 0) return;
    const words = this.#appeared.get(pair);
    if (words === undefined) this.#appeared.set(pair, [word]);
    else if (words[words.length - 1] !== word) words.push(word); // Words come one after the other, so this is a set.
  }

  #enqueue(): void {
    for (const [pair, words] of this.#appeared) {
      const count = this.#pairCounts.get(pair)!;
      if (count > 0) this.#queue.push({ left: Math.floor(pair / PAIR_BASE), right: pair % PAIR_BASE, count, words });
    }
    this.#appeared = new Map();
  }

  /** Merges a pair wherever it occurs in a word, left to right, and notes the pairs that vanish and appear beside it. */
  #merge(word: number, left: number, right: number, merged: number): void {
    const tokens = this.#tokens;
    const start = this.#starts[word]!;
    const end = start + this.#lengths[word]!;
    let to = start;
    for (let from = start; from < end; from++) {
      const token = tokens[from]!;
      if (token !== left || from + 1 >= end || tokens[from + 1] !== right) {
        tokens[to++] = token;
        continue;
      }
      if (to > start) {
        this.#change(tokens[to - 1]!, left, word, -1);
        this.#change(tokens[to - 1]!, merged, word, 1);
      }
      if (from + 2 < end) {
        this.#change(right, tokens[from + 2]!, word, -1);
        this.#change(merged, tokens[from + 2]!, word, 1);
      }
      tokens[to++] = merged;
      from++;
    }
    this.#lengths[word] = to - start;
  }
}
