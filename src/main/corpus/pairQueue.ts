/** The queue of pairs that may be merged next. */

/** A pair of neighbouring tokens, how often it was when it was queued, and the words to look for it in. */
export interface QueuedPair {
  left: number;
  right: number;
  count: number;
  words: number[];
}

/** True when `a` is merged before `b`: the more frequent first, of equals the one of the smaller ids. */
function precedes(a: QueuedPair, b: QueuedPair): boolean {
  if (a.count !== b.count) return a.count > b.count;
  return a.left !== b.left ? a.left < b.left : a.right < b.right;
}

/** A binary heap. */
export class PairQueue {
  readonly #heap: QueuedPair[] = [];

  get size(): number {
    return this.#heap.length;
  }

  push(pair: QueuedPair): void {
    const heap = this.#heap;
    let at = heap.length;
    while (at > 0) {
      const parent = (at - 1) >> 1;
      if (!precedes(pair, heap[parent]!)) break;
      heap[at] = heap[parent]!;
      at = parent;
    }
    heap[at] = pair;
  }

  pop(): QueuedPair | undefined {
    const heap = this.#heap;
    const first = heap[0];
    const last = heap.pop();
    if (last === undefined || heap.length === 0) return first;
    let at = 0;
    for (;;) {
      let child = 2 * at + 1;
      if (child >= heap.length) break;
      if (child + 1 < heap.length && precedes(heap[child + 1]!, heap[child]!)) child++;
      if (!precedes(heap[child]!, last)) break;
      heap[at] = heap[child]!;
      at = child;
    }
    heap[at] = last;
    return first;
  }
}
