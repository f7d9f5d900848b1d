/**
 * Token files: all ids of a data set, one after the other, on disk. They are read where they are needed and never held whole:
 * 100 million words are some 130 million ids.
 *
 * Layout, little-endian: "CRIATOKS", uint32 format version, uint32 bytes per id (2 or 4), uint64 number of ids, SHA-256 of the ids' bytes
 * (32 bytes), 8 bytes of zeros; then the ids. Beside it lies `<file>.json` with where the ids come from.
 */
import { createHash } from 'node:crypto';
import { closeSync, fstatSync, openSync, readFileSync, readSync, statSync } from 'node:fs';
import { z } from 'zod';
import { CriaError } from '../../shared/errors.ts';
import { streamFileAtomic, writeJsonAtomic } from '../disk/atomic.ts';
import type { JobContext } from '../queue/jobContext.ts';
import { bytesPerToken, encodeTextFile, idBytes } from './encode.ts';
import type { Tokenizer } from './tokenizer.ts';

const MAGIC = Buffer.from('CRIATOKS', 'ascii');
export const TOKEN_FILE_VERSION = 1;
const HEADER_BYTES = 64;

const sidecar = z.object({
  version: z.literal(TOKEN_FILE_VERSION),
  tokens: z.int(),
  /** SHA-256 of the ids' bytes. */
  sha256: z.string(),
  tokenizer: z.object({ sha256: z.string(), vocabSize: z.int(), addPrefixSpace: z.boolean() }),
  /** In the order of their ids in the file. */
  sources: z.array(z.object({ file: z.string(), bytes: z.int(), sha256: z.string(), tokens: z.int() })),
});
/** Where a token file's ids come from. */
export type TokenFileSources = z.infer<typeof sidecar>;

/**
 * Encodes text files, each as if in one call, into one token file: ids concatenated, nothing between, before or after them.
 *
 * @param files in the order in which their ids shall lie
 * @throws CriaError `bad-input` when a file is not text; `cancelled`
 */
export async function buildTokenFile(
  { files, tokenizer, output }: { files: readonly string[]; tokenizer: Tokenizer; output: string },
  context: JobContext,
): Promise<TokenFileSources> {
  const width = bytesPerToken(tokenizer);
  const sizes = files.map((file) => statSync(file).size);
  const total = sizes.reduce((sum, size) => sum + size, 0);
  const whole = createHash('sha256');
  const sources: TokenFileSources['sources'] = [];
  let tokens = 0;
  const sha256 = await streamFileAtomic(output, async (append, overwriteStart) => {
    await append(new Uint8Array(HEADER_BYTES));
    let before = 0;
    for (const [i, file] of files.entries()) {
      const hash = createHash('sha256');
      const start = tokens;
      const done = before;
      const options = {
        signal: context.signal,
        onChunk: (bytes: Uint8Array) => void hash.update(bytes),
        onBytes: (bytes: number) => context.progress({ label: 'Encoding the corpus', done: done + bytes, total, unit: 'bytes' }),
      };
      for await (const ids of encodeTextFile(file, tokenizer, options)) {
        const bytes = idBytes(ids, width);
        whole.update(bytes);
        tokens += ids.length;
        await append(bytes);
      }
      sources.push({ file, bytes: sizes[i]!, sha256: hash.digest('hex'), tokens: tokens - start });
      before += sizes[i]!;
    }
    const digest = whole.digest();
    await overwriteStart(header(width, tokens, digest));
    return digest.toString('hex');
  });
  const { vocabSize, addPrefixSpace } = tokenizer;
  const described: TokenFileSources = {
    version: TOKEN_FILE_VERSION, tokens, sha256, tokenizer: { sha256: tokenizer.sha256, vocabSize, addPrefixSpace }, sources,
  };
  writeJsonAtomic(`${output}.json`, described);
  return described;
}

function header(width: number, tokens: number, digest: Buffer): Buffer {
  const bytes = Buffer.alloc(HEADER_BYTES);
  MAGIC.copy(bytes, 0);
  bytes.writeUInt32LE(TOKEN_FILE_VERSION, 8);
  bytes.writeUInt32LE(width, 12);
  bytes.writeBigUInt64LE(BigInt(tokens), 16);
  digest.copy(bytes, 24);
  return bytes;
}

/** The JSON beside a token file; null when it is missing or not ours. */
export function readSources(path: string): TokenFileSources | null {
  try {
    return sidecar.parse(JSON.parse(readFileSync(`${path}.json`, 'utf8')));
  } catch {
    return null; // Whoever needs it builds the file again.
  }
}

/** An open token file. */
export class TokenFile {
  readonly path: string;
  /** Number of ids. */
  readonly length: number;
  /** SHA-256 of the ids' bytes, hexadecimal, as the header says. */
  readonly sha256: string;
  readonly bytesPerToken: 2 | 4;
  #file: number | null;

  /**
   * Opens a token file; looks at its header and size, not at its ids (see {@link verify}).
   *
   * @throws CriaError `not-found`; `bad-input` when it is cut short or something else; `too-new`
   */
  constructor(path: string) {
    this.path = path;
    let file: number;
    try {
      file = openSync(path, 'r');
    } catch (error) {
      throw new CriaError('not-found', `The token file ${path} cannot be opened: ${(error as Error).message}`, REBUILD, { cause: error });
    }
    try {
      const bytes = Buffer.alloc(HEADER_BYTES);
      const read = readSync(file, bytes, 0, HEADER_BYTES, 0);
      if (read < HEADER_BYTES || !bytes.subarray(0, 8).equals(MAGIC)) throw new CriaError('bad-input', `${path} is not a token file.`, REBUILD);
      if (bytes.readUInt32LE(8) !== TOKEN_FILE_VERSION) {
        const version = bytes.readUInt32LE(8);
        throw new CriaError('too-new', `${path} is a token file of version ${version}; this Cria knows version ${TOKEN_FILE_VERSION}.`, REBUILD);
      }
      const width = bytes.readUInt32LE(12);
      const length = Number(bytes.readBigUInt64LE(16));
      const size = fstatSync(file).size;
      if ((width !== 2 && width !== 4) || size !== HEADER_BYTES + length * width) {
        throw new CriaError('bad-input', `${path} is damaged: it should have ${HEADER_BYTES + length * width} bytes and has ${size}.`, REBUILD);
      }
      this.bytesPerToken = width;
      this.length = length;
      this.sha256 = bytes.toString('hex', 24, 56);
      this.#file = file;
    } catch (error) {
      closeSync(file);
      throw error;
    }
  }

  /**
   * Reads ids [start, start + length).
   *
   * @throws RangeError when they are not all in the file
   */
  read(start: number, length: number): Uint16Array | Uint32Array {
    if (this.#file === null) throw new Error(`${this.path} is closed`);
    if (start < 0 || length < 0 || start + length > this.length) throw new RangeError(`ids ${start} to ${start + length} of ${this.length}`);
    const ids = this.bytesPerToken === 2 ? new Uint16Array(length) : new Uint32Array(length);
    const bytes = new Uint8Array(ids.buffer);
    for (let done = 0; done < bytes.length; ) {
      const read = readSync(this.#file, bytes, done, bytes.length - done, HEADER_BYTES + start * this.bytesPerToken + done);
      if (read === 0) throw new CriaError('bad-input', `${this.path} was cut short while it was in use.`, REBUILD);
      done += read;
    }
    return ids;
  }

  /** @throws CriaError `bad-input` when the ids are not those that the header's hash was made of */
  verify(): void {
    const hash = createHash('sha256');
    for (let start = 0; start < this.length; start += VERIFY_STEP) {
      hash.update(this.read(start, Math.min(VERIFY_STEP, this.length - start)));
    }
    if (hash.digest('hex') !== this.sha256) throw new CriaError('bad-input', `${this.path} is damaged: its ids do not match their hash.`, REBUILD);
  }

  close(): void {
    if (this.#file !== null) closeSync(this.#file);
    this.#file = null;
  }
}

const VERIFY_STEP = 1 << 20;
const REBUILD = 'Delete it; Cria makes it again from the text.';
