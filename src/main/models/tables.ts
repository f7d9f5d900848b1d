/** Constants that depend on the number of positions alone: the causal mask and rotary tables. Made once per length and kept. */
import { tf, type Tensor, type Tensor2D } from '../tensorflow/tf.ts';

export class Tables<T extends Record<string, Tensor>> {
  readonly #make: (length: number) => T;
  readonly #byLength = new Map<number, T>();

  /** @param make builds the tables for so many positions; its tensors are kept until {@link dispose} */
  constructor(make: (length: number) => T) {
    this.#make = make;
  }

  for(length: number): T {
    const known = this.#byLength.get(length);
    if (known) return known;
    const made = tf.tidy(() => {
      const tables = this.#make(length);
      for (const table of Object.values(tables)) tf.keep(table);
      return tables;
    });
    this.#byLength.set(length, made);
    return made;
  }

  dispose(): void {
    for (const tables of this.#byLength.values()) tf.dispose(tables);
    this.#byLength.clear();
  }
}

/** bool [T, T]: position t sees the positions up to t. */
export function causalMask(length: number): Tensor2D {
  const mask = new Uint8Array(length * length);
  for (let query = 0; query < length; query++) mask.fill(1, query * length, query * length + query + 1);
  return tf.tensor2d(mask, [length, length], 'bool');
}
