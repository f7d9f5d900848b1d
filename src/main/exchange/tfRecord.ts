/** TFRecord, the frame of TensorBoard's event files: length (uint64), its checksum, data, its checksum; all little-endian. */
import { CriaError } from '../../shared/errors.ts';
import { ByteReader } from './byteReader.ts';
import { maskedCrc32c } from './crc32c.ts';

const HEADER_BYTES = 12;
const FOOTER_BYTES = 4;

/** One record as it stands in a file. */
export function frameRecord(data: Uint8Array): Buffer {
  const framed = Buffer.alloc(HEADER_BYTES + data.length + FOOTER_BYTES);
  framed.writeBigUInt64LE(BigInt(data.length), 0);
  framed.writeUInt32LE(maskedCrc32c(framed.subarray(0, 8)), 8);
  framed.set(data, HEADER_BYTES);
  framed.writeUInt32LE(maskedCrc32c(data), HEADER_BYTES + data.length);
  return framed;
}

/**
 * The records of a file. One that its writer has not finished (a run that is still going, or was killed) ends it quietly.
 * @param onRead told the bytes read so far
 * @throws CriaError `bad-input` where a checksum does not fit
 */
export function* readRecords(path: string, onRead: (bytes: number) => void = () => {}): Generator<Buffer> {
  const reader = new ByteReader(path);
  try {
    for (;;) {
      const at = reader.position;
      const header = reader.take(HEADER_BYTES);
      if (!header) return;
      if (maskedCrc32c(header.subarray(0, 8)) !== header.readUInt32LE(8)) throw damaged(path, at);
      const length = Number(header.readBigUInt64LE(0));
      const body = length + FOOTER_BYTES > reader.size - reader.position ? null : reader.take(length + FOOTER_BYTES);
      if (!body) return;
      const data = body.subarray(0, length);
      if (maskedCrc32c(data) !== body.readUInt32LE(length)) throw damaged(path, at);
      onRead(reader.position);
      yield data;
    }
  } finally {
    reader.close();
  }
}

function damaged(path: string, at: number): CriaError {
  return new CriaError('bad-input', `${path} is damaged at byte ${at}, or is no event file: a checksum does not fit.`, 'Copy the file anew from where it was written.');
}
