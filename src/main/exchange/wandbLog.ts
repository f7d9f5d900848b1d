/**
 * The frame of W&B's .wandb files: LevelDB's log format (its log_format.md) behind seven bytes of header. Blocks of 32 KiB hold chunks of
 * records: CRC-32 of type and data, length (uint16), type (whole, first, middle, last), data.
 */
import { crc32 } from 'node:zlib';
import { CriaError } from '../../shared/errors.ts';
import { ByteReader } from './byteReader.ts';

const BLOCK_BYTES = 32_768;
const CHUNK_HEADER_BYTES = 7;
const FILE_HEADER_BYTES = 7;
const MAGIC = 0xbee1;
const WHOLE = 1;
const FIRST = 2;
const MIDDLE = 3;
const LAST = 4;

/**
 * The records of a file; one that its writer never finished ends it quietly.
 * @throws CriaError `bad-input` when it is no such file, or damaged
 */
export function* readWandbRecords(path: string, onRead: (bytes: number) => void = () => {}): Generator<Buffer> {
  const reader = new ByteReader(path);
  try {
    const header = reader.take(FILE_HEADER_BYTES);
    if (header?.toString('latin1', 0, 4) !== ':W&B' || header.readUInt16LE(4) !== MAGIC) {
      throw new CriaError('bad-input', `${path} is not a .wandb file.`, 'Choose a run-*.wandb file, or the offline-run folder that holds one.');
    }
    let parts: Buffer[] = [];
    for (;;) {
      const left = BLOCK_BYTES - (reader.position % BLOCK_BYTES);
      if (left < CHUNK_HEADER_BYTES && !reader.take(left)) return; // No header fits: zeros up to the next block.
      const at = reader.position;
      const head = reader.take(CHUNK_HEADER_BYTES);
      if (!head) return;
      const [checksum, length, type] = [head.readUInt32LE(0), head.readUInt16LE(4), head[6]!];
      const data = reader.take(length);
      if (!data) return;
      if (type < WHOLE || type > LAST || crc32(data, crc32(head.subarray(6))) !== checksum) {
        throw new CriaError('bad-input', `${path} is damaged at byte ${at}: a checksum does not fit.`, 'Copy the folder anew from where it was written.');
      }
      if (type === WHOLE || type === FIRST) parts = [];
      parts.push(data);
      if (type === FIRST || type === MIDDLE) continue;
      onRead(reader.position);
      yield parts.length === 1 ? data : Buffer.concat(parts);
    }
  } finally {
    reader.close();
  }
}
