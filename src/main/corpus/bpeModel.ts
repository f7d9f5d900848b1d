/** Applying a byte-pair encoding to words. */

/** What of a tokenizer's model decides ids. */
export interface BpeModel {
  /** Id of each token, special tokens included. */
  vocab: ReadonlyMap<string, number>;
  /** In the order of their ranks. */
  merges: readonly (readonly [string, string])[];
  /** Id of a symbol that the vocabulary lacks; null: it vanishes. */
  unknown: number | null;
  /** Take a word that is a token as it is, whatever the merges say. */
  ignoreMerges: boolean;
}

const PAIR_BASE = 2 ** 24;
const POSITION_BASE = 2 ** 31;
/** Words kept with their ids. Beyond that many the memory is begun anew. */
const REMEMBERED_WORDS = 1 << 18;
const LONGEST_REMEMBERED = 64;

/** Encodes words, remembering those that it has met. */
export class WordEncoder {
  readonly #model: BpeModel;
  /** Pair -> rank; a pair listed twice has its last rank. */
  readonly #ranks = new Map<number, number>();
  /** What the merge of each rank makes. */
  readonly #products: number[] = [];
  readonly #met = new Map<string, readonly number[]>();

  constructor(model: BpeModel) {
    this.#model = model;
    for (const [rank, [left, right]] of model.merges.entries()) {
      this.#products.push(model.vocab.get(left + right)!);
      this.#ranks.set(model.vocab.get(left)! * PAIR_BASE + model.vocab.get(right)!, rank);
    }
  }

  /**
   * Ids of a word.
   *
   * @param key what the word is remembered by
   * @param symbols gives its byte symbols; asked only when the word is new
   */
  encode(key: string, symbols: () => string): readonly number[] {
    const met = this.#met.get(key);
    if (met !== undefined) return met;
    const ids = this.#encode(symbols());
    if (key.length > LONGEST_REMEMBERED) return ids;
    if (this.#met.size >= REMEMBERED_WORDS) this.#met.clear();
    // Copied, since a slice would keep the whole text that it was cut from in memory.
    this.#met.set(key.length < 13 ? key : Buffer.from(key).toString(), ids);
    return ids;
  }

  #encode(symbols: string): number[] {
    const { vocab, unknown, ignoreMerges } = this.#model;
    const whole = ignoreMerges ? vocab.get(symbols) : undefined;
    if (whole !== undefined) return [whole];
    const ids: number[] = [];
    for (const symbol of symbols) {
      const id = vocab.get(symbol) ?? unknown;
      if (id !== null) ids.push(id);
    }
    return this.#merge(ids);
  }

  /** Merges the pair of the lowest rank, of equals the leftmost, until none is left. */
  #merge(ids: number[]): number[] {
    const next = ids.map((_, i) => i + 1);
    const previous = ids.map((_, i) => i - 1);
    const queue = new NumberQueue();
    const consider = (at: number): void => {
      const rank = this.#ranks.get(ids[at]! * PAIR_BASE + ids[next[at]!]!);
      if (rank !== undefined) queue.push(rank * POSITION_BASE + at);
    };
    for (let at = 0; at + 1 < ids.length; at++) consider(at);
    for (let entry = queue.pop(); entry !== undefined; entry = queue.pop()) {
      const at = entry % POSITION_BASE;
      const right = next[at]!;
      if (ids[at] === GONE || right >= ids.length) continue;
      // The entry may be out of date; it still counts when its place now holds a pair that makes the same token.
      const product = this.#products[Math.floor(entry / POSITION_BASE)]!;
      const rank = this.#ranks.get(ids[at]! * PAIR_BASE + ids[right]!);
      if (rank === undefined || this.#products[rank] !== product) continue;
      ids[at] = product;
      ids[right] = GONE;
      next[at] = next[right]!;
      if (next[at]! < ids.length) {
        previous[next[at]!] = at;
        consider(at);
      }
      if (previous[at]! >= 0) consider(previous[at]!);
    }
    return ids.filter((id) => id !== GONE);
  }
}

/** Marks a symbol that was merged into the one before it. */
const GONE = -1;

/** A binary heap of numbers, the smallest first. */
class NumberQueue {
  readonly #heap: number[] = [];

  push(value: number): void {
    const heap = this.#heap;
    let at = heap.length;
    while (at > 0 && heap[(at - 1) >> 1]! > value) {
      heap[at] = heap[(at - 1) >> 1]!;
      at = (at - 1) >> 1;
    }
    heap[at] = value;
  }

  pop(): number | undefined {
    const heap = this.#heap;
    const first = heap[0];
    const last = heap.pop();
    if (last === undefined || heap.length === 0) return first;
    let at = 0;
    for (let child = 1; child < heap.length; child = 2 * at + 1) {
      if (child + 1 < heap.length && heap[child + 1]! < heap[child]!) child++;
      if (heap[child]! >= last) break;
      heap[at] = heap[child]!;
      at = child;
    }
    heap[at] = last;
    return first;
  }
}
