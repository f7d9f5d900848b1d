/**
 * The safetensors format: 8 bytes with the header's length, a JSON header with each tensor's type, shape and place, then the bytes.
 * Files come from strangers, so everything the header claims is checked against the file before anything is allocated.
 */
import { closeSync, fstatSync, openSync, readSync } from 'node:fs';
import { CriaError } from '../../shared/errors.ts';
import { writeFileAtomic } from '../disk/atomic.ts';

const BYTES_PER_ELEMENT = { F64: 8, F32: 4, F16: 2, BF16: 2, I64: 8, I32: 4, I16: 2, I8: 1, U8: 1, BOOL: 1 } as const;
type Dtype = keyof typeof BYTES_PER_ELEMENT;

/** The format's own limit. */
const MAX_HEADER_BYTES = 100_000_000;
const MAX_RANK = 16;

export interface TensorEntry {
  dtype: Dtype;
  shape: number[];
  /** Byte range within the file. */
  start: number;
  end: number;
}

/** A tensor to write: its values are asked for when their turn comes, so that a file larger than memory can be written. */
export interface TensorSource {
  shape: number[];
  values: () => Float32Array | Int32Array;
  dtype?: 'F32' | 'I32';
}

/** A file open for reading. */
export class SafetensorsFile {
  readonly path: string;
  readonly tensors: ReadonlyMap<string, TensorEntry>;
  readonly metadata: Readonly<Record<string, string>>;
  readonly #file: number;

  /** @throws CriaError `bad-model` naming the file and what is wrong with its header */
  constructor(path: string) {
    this.path = path;
    this.#file = openSync(path, 'r');
    try {
      const header = readHeader(this.#file, path);
      this.tensors = header.tensors;
      this.metadata = header.metadata;
    } catch (error) {
      closeSync(this.#file);
      throw error;
    }
  }

  /**
   * A tensor's values as float32; F64, F16 and BF16 are converted.
   * @throws CriaError `bad-model` when there is none of that name or it holds whole numbers
   */
  readFloats(name: string): Float32Array {
    const entry = this.#entry(name);
    const bytes = this.#bytes(entry);
    switch (entry.dtype) {
      case 'F32':
        return new Float32Array(bytes.buffer, bytes.byteOffset, bytes.byteLength / 4);
      case 'F64':
        return Float32Array.from(new Float64Array(bytes.buffer, bytes.byteOffset, bytes.byteLength / 8));
      case 'BF16': {
        const half = new Uint16Array(bytes.buffer, bytes.byteOffset, bytes.byteLength / 2);
        const bits = new Uint32Array(half.length);
        for (let i = 0; i < half.length; i++) bits[i] = half[i]! << 16;
        return new Float32Array(bits.buffer);
      }
      case 'F16':
        return Float32Array.from(new Uint16Array(bytes.buffer, bytes.byteOffset, bytes.byteLength / 2), halfToFloat);
      default:
        throw bad(this.path, `tensor "${name}" holds ${entry.dtype}, not floating-point numbers`);
    }
  }

  /** A tensor of 32- or 64-bit whole numbers. */
  readIntegers(name: string): Int32Array {
    const entry = this.#entry(name);
    const bytes = this.#bytes(entry);
    if (entry.dtype === 'I32') return new Int32Array(bytes.buffer, bytes.byteOffset, bytes.byteLength / 4);
    if (entry.dtype === 'I64') return Int32Array.from(new BigInt64Array(bytes.buffer, bytes.byteOffset, bytes.byteLength / 8), Number);
    throw bad(this.path, `tensor "${name}" holds ${entry.dtype}, not whole numbers`);
  }

  #entry(name: string): TensorEntry {
    const entry = this.tensors.get(name);
    if (!entry) throw bad(this.path, `there is no tensor "${name}"`);
    return entry;
  }

  #bytes({ start, end }: TensorEntry): Uint8Array {
    const bytes = new Uint8Array(end - start);
    for (let done = 0; done < bytes.length; ) {
      const read = readSync(this.#file, bytes, done, Math.min(bytes.length - done, 1 << 30), start + done);
      if (read === 0) throw bad(this.path, 'the file ends too early');
      done += read;
    }
    return bytes;
  }

  close(): void {
    closeSync(this.#file);
  }
}

function bad(path: string, what: string): CriaError {
  return new CriaError('bad-model', `${path} is not a usable safetensors file: ${what}.`, 'Copy or download the file again; it may be incomplete.');
}

function readHeader(file: number, path: string): { tensors: Map<string, TensorEntry>; metadata: Record<string, string> } {
  const { size } = fstatSync(file);
  if (size < 8) throw bad(path, `it has only ${size} bytes`);
  const prefix = new DataView(new ArrayBuffer(8));
  readSync(file, new Uint8Array(prefix.buffer), 0, 8, 0);
  const claimed = prefix.getBigUint64(0, true);
  if (claimed > BigInt(size - 8)) throw bad(path, `its header claims ${claimed} bytes, but the file has ${size}`);
  if (claimed > BigInt(MAX_HEADER_BYTES)) throw bad(path, `its header of ${claimed} bytes is over the format's limit of ${MAX_HEADER_BYTES}`);
  const text = Buffer.alloc(Number(claimed));
  readSync(file, text, 0, text.length, 8);
  let header: unknown;
  try {
    header = JSON.parse(text.toString('utf8'));
  } catch (error) {
    throw bad(path, `its header is not JSON (${(error as Error).message})`);
  }
  if (header === null || typeof header !== 'object' || Array.isArray(header)) throw bad(path, 'its header is not a JSON object');
  const dataStart = 8 + text.length;
  const tensors = new Map<string, TensorEntry>();
  let metadata: Record<string, string> = {};
  for (const [name, entry] of Object.entries(header)) {
    if (name === '__metadata__') metadata = readMetadata(entry, path);
    else tensors.set(name, readEntry(name, entry, dataStart, size, path));
  }
  refuseOverlaps(tensors, path);
  return { tensors, metadata };
}

function readMetadata(entry: unknown, path: string): Record<string, string> {
  if (entry === null || typeof entry !== 'object' || Object.values(entry).some((value) => typeof value !== 'string')) {
    throw bad(path, '__metadata__ is not an object of strings');
  }
  return { ...(entry as Record<string, string>) };
}

function readEntry(name: string, entry: unknown, dataStart: number, fileSize: number, path: string): TensorEntry {
  const { dtype, shape, data_offsets: offsets } = (entry ?? {}) as { dtype?: unknown; shape?: unknown; data_offsets?: unknown };
  if (typeof dtype !== 'string' || !Object.hasOwn(BYTES_PER_ELEMENT, dtype)) throw bad(path, `tensor "${name}" has the unknown type ${JSON.stringify(dtype)}`);
  const isSize = (value: unknown): value is number => Number.isSafeInteger(value) && (value as number) >= 0;
  if (!Array.isArray(shape) || shape.length > MAX_RANK || !shape.every(isSize)) throw bad(path, `tensor "${name}" has no proper shape`);
  if (!Array.isArray(offsets) || offsets.length !== 2 || !offsets.every(isSize)) throw bad(path, `tensor "${name}" has no proper data_offsets`);
  const [start, end] = offsets as [number, number];
  if (start > end || dataStart + end > fileSize) {
    throw bad(path, `tensor "${name}" lies at bytes ${start} to ${end} of the data, but the file has ${fileSize - dataStart}`);
  }
  // A product that leaves the safe integers cannot equal a byte range inside the file.
  const bytes = (shape as number[]).reduce((product, extent) => product * extent, BYTES_PER_ELEMENT[dtype as Dtype]);
  if (bytes !== end - start) throw bad(path, `tensor "${name}" of shape [${shape.join(', ')}] and type ${dtype} needs ${bytes} bytes, but has ${end - start}`);
  return { dtype: dtype as Dtype, shape: shape as number[], start: dataStart + start, end: dataStart + end };
}

function refuseOverlaps(tensors: ReadonlyMap<string, TensorEntry>, path: string): void {
  const sorted = [...tensors].sort(([, a], [, b]) => a.start - b.start || a.end - b.end);
  for (let i = 1; i < sorted.length; i++) {
    if (sorted[i]![1].start < sorted[i - 1]![1].end) throw bad(path, `tensors "${sorted[i - 1]![0]}" and "${sorted[i]![0]}" overlap`);
  }
}

/** IEEE 754 half precision to a number. */
function halfToFloat(half: number): number {
  const sign = half & 0x8000 ? -1 : 1;
  const exponent = (half >> 10) & 0x1f;
  const fraction = half & 0x3ff;
  if (exponent === 0) return sign * fraction * 2 ** -24;
  if (exponent === 0x1f) return fraction ? NaN : sign * Infinity;
  return sign * (1 + fraction / 1024) * 2 ** (exponent - 15);
}

/** Writes a file whole or not at all. Numbers are little-endian, as on every machine that Cria runs on. */
export function writeSafetensors(path: string, tensors: ReadonlyMap<string, TensorSource>, metadata: Record<string, string> = { format: 'pt' }): void {
  const header: Record<string, unknown> = { __metadata__: metadata };
  let offset = 0;
  for (const [name, { shape, dtype }] of tensors) {
    const bytes = shape.reduce((product, extent) => product * extent, 4);
    header[name] = { dtype: dtype ?? 'F32', shape, data_offsets: [offset, offset + bytes] };
    offset += bytes;
  }
  // Padded with spaces so that the data is aligned to 8 bytes, as the format's own writer does.
  let text = JSON.stringify(header);
  text += ' '.repeat((8 - (Buffer.byteLength(text) % 8)) % 8);
  const prefix = Buffer.alloc(8);
  prefix.writeBigUInt64LE(BigInt(Buffer.byteLength(text)));
  writeFileAtomic(path, (append) => {
    append(prefix);
    append(text);
    for (const [name, { shape, values }] of tensors) {
      const data = values();
      if (data.length !== shape.reduce((product, extent) => product * extent, 1)) throw new RangeError(`${name}: ${data.length} values for shape [${shape.join(', ')}]`);
      append(new Uint8Array(data.buffer, data.byteOffset, data.byteLength));
    }
  });
}
