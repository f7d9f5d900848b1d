/** Reads a file from front to back in large blocks, so that files of any size take little memory. */
import { closeSync, fstatSync, openSync, readSync } from 'node:fs';

const BLOCK_BYTES = 1 << 20;

export class ByteReader {
  readonly #file: number;
  #block = Buffer.alloc(0);
  #at = 0;
  /** Bytes handed out so far. */
  position = 0;
  readonly size: number;

  constructor(path: string) {
    this.#file = openSync(path, 'r');
    this.size = fstatSync(this.#file).size;
  }

  /** The next `count` bytes, in memory of their own; null when the file has no more than a part of them, which stays unread. */
  take(count: number): Buffer | null {
    while (this.#block.length - this.#at < count) {
      const rest = this.#block.subarray(this.#at);
      const wanted = Buffer.alloc(rest.length + Math.max(BLOCK_BYTES, Math.min(count, this.size)));
      rest.copy(wanted);
      const read = readSync(this.#file, wanted, rest.length, wanted.length - rest.length, null);
      this.#block = wanted.subarray(0, rest.length + read);
      this.#at = 0;
      if (read === 0) return null;
    }
    const bytes = Buffer.from(this.#block.subarray(this.#at, this.#at + count));
    this.#at += count;
    this.position += count;
    return bytes;
  }

  close(): void {
    closeSync(this.#file);
  }
}
