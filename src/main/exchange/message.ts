/** Protocol buffer messages by field number, for the few fields that are of use here; everything else is stepped over. */
import { BinaryReader } from '@bufbuild/protobuf/wire';
import { CriaError } from '../../shared/errors.ts';

export type FieldReaders = Record<number, (reader: BinaryReader) => void>;

/**
 * Calls the reader of each field that has one, in the order of the message.
 * @throws CriaError `bad-input` when the bytes are no such message
 */
export function readMessage(bytes: Uint8Array, fields: FieldReaders): void {
  try {
    const reader = new BinaryReader(bytes);
    while (reader.pos < reader.len) {
      const [field, type] = reader.tag();
      const read = fields[field];
      if (read) read(reader);
      else reader.skip(type, field);
    }
  } catch (error) {
    if (error instanceof CriaError) throw error;
    throw new CriaError('bad-input', `A record is no such message as it should be: ${(error as Error).message}.`, 'The file is damaged, or of another tool.', { cause: error });
  }
}

/** google.protobuf.Timestamp in milliseconds since 1970. */
export function readTimestamp(bytes: Uint8Array): number {
  let milliseconds = 0;
  readMessage(bytes, {
    1: (reader) => (milliseconds += 1000 * Number(reader.int64())),
    2: (reader) => (milliseconds += reader.int32() / 1e6),
  });
  return milliseconds;
}
