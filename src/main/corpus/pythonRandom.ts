/**
 * Python's `random`, as far as the recipe needs it to draw the same evaluation sequences: the Mersenne Twister MT19937 (Matsumoto and
 * Nishimura 1998), seeded by an integer as CPython does it, and random.sample.
 */

const SIZE = 624;
const MIDDLE = 397;

export class PythonRandom {
  readonly #state = new Uint32Array(SIZE);
  #next = SIZE;

  /** random.seed(seed). @param seed a natural number below 2^53 */
  constructor(seed: number) {
    const key = [seed >>> 0];
    if (seed > 0xffffffff) key.push(Math.floor(seed / 2 ** 32));
    this.#seedByArray(key);
  }

  #seedByArray(key: readonly number[]): void {
    const state = this.#state;
    state[0] = 19650218;
    for (let i = 1; i < SIZE; i++) state[i] = Math.imul(1812433253, state[i - 1]! ^ (state[i - 1]! >>> 30)) + i;
    let i = 1;
    const advance = (): void => {
      if (++i < SIZE) return;
      state[0] = state[SIZE - 1]!;
      i = 1;
    };
    for (let k = 0; k < Math.max(SIZE, key.length); k++) {
      const j = k % key.length;
      state[i] = (state[i]! ^ Math.imul(state[i - 1]! ^ (state[i - 1]! >>> 30), 1664525)) + key[j]! + j;
      advance();
    }
    for (let k = 0; k < SIZE - 1; k++) {
      state[i] = (state[i]! ^ Math.imul(state[i - 1]! ^ (state[i - 1]! >>> 30), 1566083941)) - i;
      advance();
    }
    state[0] = 0x80000000;
  }

  #twist(): void {
    const state = this.#state;
    for (let i = 0; i < SIZE; i++) {
      const y = (state[i]! & 0x80000000) | (state[(i + 1) % SIZE]! & 0x7fffffff);
      state[i] = state[(i + MIDDLE) % SIZE]! ^ (y >>> 1) ^ (y & 1 ? 0x9908b0df : 0);
    }
    this.#next = 0;
  }

  /** random.getrandbits(bits). @param bits 1 to 32 */
  bits(bits: number): number {
    if (this.#next >= SIZE) this.#twist();
    let y = this.#state[this.#next++]!;
    y ^= y >>> 11;
    y ^= (y << 7) & 0x9d2c5680;
    y ^= (y << 15) & 0xefc60000;
    y ^= y >>> 18;
    return y >>> (32 - bits);
  }

  /** random.randrange(limit). @param limit 1 to 2^31 */
  below(limit: number): number {
    const bits = 32 - Math.clz32(limit);
    let value = this.bits(bits);
    while (value >= limit) value = this.bits(bits);
    return value;
  }

  /**
   * random.sample(range(population), count). CPython keeps a pool of what is left when that is small, and a set of what was drawn
   * when the pool would be larger than the set.
   */
  sample(population: number, count: number): number[] {
    if (count > population) throw new RangeError(`${count} of ${population}`);
    const setSize = 21 + (count > 5 ? 4 ** Math.ceil(Math.log(count * 3) / Math.log(4)) : 0);
    if (population <= setSize) {
      const pool = Array.from({ length: population }, (_, i) => i);
      return Array.from({ length: count }, (_, i) => {
        const at = this.below(population - i);
        const drawn = pool[at]!;
        pool[at] = pool[population - i - 1]!;
        return drawn;
      });
    }
    const drawn = new Set<number>();
    while (drawn.size < count) drawn.add(this.below(population));
    return [...drawn];
  }
}
