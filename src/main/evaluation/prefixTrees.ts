/**
 * Token sequences packed into rows so that what they share at their beginnings is computed once: each row holds a tree of tokens in which
 * a token sees its ancestors alone, and stands at the position that its depth says. Minimal pairs differ late, and a paradigm's sentences
 * often begin alike: BLiMP takes 0.6 of the tokens that its sentences have.
 */

export interface Sequence {
  ids: Int32Array;
  /** Index of the first scored token; at least 1. */
  scoredFrom: number;
}

/** A prediction to be looked up: log p(target | the node and its ancestors). */
export interface Prediction {
  node: number;
  target: number;
}

export interface Row<S extends Sequence> {
  /** Of each node: its token, and the node before it in its sequence, -1 for a first token. Parents come before their children. */
  tokens: number[];
  parents: number[];
  predictions: Prediction[];
  /** What each sequence's score is the sum of, as indexes of `predictions`. */
  members: { sequence: S; predictions: number[] }[];
}

/**
 * Packs sequences; a sequence's last token is predicted but needs no node. The longest must fit a row.
 * @param capacity nodes of a row
 */
export function packRows<S extends Sequence>(sequences: readonly S[], capacity: number): Row<S>[] {
  const sorted = [...sequences].sort((a, b) => compareTokens(a.ids, b.ids));
  const rows: Row<S>[] = [];
  let builder: RowBuilder<S> | null = null;
  for (const sequence of sorted) {
    if (!builder?.fits(sequence, capacity)) {
      builder = new RowBuilder<S>();
      rows.push(builder.row);
    }
    builder.add(sequence);
  }
  return rows;
}

/** Builds a row from sequences in the order of their tokens, so that each shares most with the one before it. */
class RowBuilder<S extends Sequence> {
  readonly row: Row<S> = { tokens: [], parents: [], predictions: [], members: [] };
  /** Nodes of the sequence added last, from its first token on. */
  #path: number[] = [];
  /** Predictions by node, then target. */
  readonly #known = new Map<number, Map<number, number>>();

  fits({ ids }: S, capacity: number): boolean {
    return this.row.tokens.length + ids.length - 1 - this.#shared(ids) <= capacity;
  }

  add(sequence: S): void {
    const { ids, scoredFrom } = sequence;
    const { row } = this;
    this.#path.length = this.#shared(ids);
    for (let t = this.#path.length; t < ids.length - 1; t++) {
      row.tokens.push(ids[t]!);
      row.parents.push(this.#path.at(-1) ?? -1);
      this.#path.push(row.tokens.length - 1);
    }
    const predictions: number[] = [];
    for (let t = scoredFrom; t < ids.length; t++) predictions.push(this.#prediction(this.#path[t - 1]!, ids[t]!));
    row.members.push({ sequence, predictions });
  }

  /** Tokens, the last one apart, that a sequence has in common with the one before it. */
  #shared(ids: Int32Array): number {
    let t = 0;
    while (t < this.#path.length && t < ids.length - 1 && this.row.tokens[this.#path[t]!] === ids[t]) t++;
    return t;
  }

  #prediction(node: number, target: number): number {
    let byTarget = this.#known.get(node);
    if (!byTarget) this.#known.set(node, (byTarget = new Map<number, number>()));
    let index = byTarget.get(target);
    if (index === undefined) {
      index = this.row.predictions.push({ node, target }) - 1;
      byTarget.set(target, index);
    }
    return index;
  }
}

/** In dictionary order; a beginning comes before what it begins. */
export function compareTokens(a: Int32Array, b: Int32Array): number {
  const end = Math.min(a.length, b.length);
  for (let i = 0; i < end; i++) if (a[i] !== b[i]) return a[i]! - b[i]!;
  return a.length - b.length;
}

/** Rows as the inputs of a model's forward pass. */
export interface PackedBatch {
  /** Token ids, [rows * length], filled up with 0. */
  ids: Int32Array;
  /** Each token's position in its sequence, [rows * length]. */
  positions: Int32Array;
  /** [rows, length, length], 1 where a token (row) sees another (column). */
  visible: Uint8Array;
}

/** @param size rows of the batch, at least as many as are given */
export function layOut(rows: readonly Row<Sequence>[], size: number, length: number): PackedBatch {
  const batch: PackedBatch = { ids: new Int32Array(size * length), positions: new Int32Array(size * length), visible: new Uint8Array(size * length * length) };
  const { ids, positions, visible } = batch;
  for (let r = 0; r < size; r++) {
    const { tokens, parents } = rows[r] ?? { tokens: [], parents: [] };
    for (let node = 0; node < length; node++) {
      const at = r * length + node;
      const sees = at * length;
      const parent = parents[node] ?? -1;
      if (parent >= 0) {
        visible.copyWithin(sees, (r * length + parent) * length, (r * length + parent) * length + parent + 1);
        positions[at] = positions[r * length + parent]! + 1;
      }
      visible[sees + node] = 1; // Itself: also where there is no token, since a softmax needs something to see.
      ids[at] = tokens[node] ?? 0;
    }
  }
  return batch;
}
