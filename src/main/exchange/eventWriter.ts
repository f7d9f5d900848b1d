/** Runs as TensorBoard event files, which TensorBoard and whatever else reads them take for its own. */
import { BinaryWriter, WireType } from '@bufbuild/protobuf/wire';
import type { MetricRecord } from '../queue/jobContext.ts';
import { frameRecord } from './tfRecord.ts';

const DT_STRING = 7;

/** The first record of every event file. */
export function versionEvent(wallTime: number): Buffer {
  return event(wallTime, 0, (writer) => writer.tag(3, WireType.LengthDelimited).string('brain.Event:2'));
}

/** Scalars of one step, single precision as TensorBoard has them. */
export function scalarEvent(wallTime: number, { step, values }: MetricRecord): Buffer {
  return summaryEvent(wallTime, step, (writer) => {
    for (const [tag, value] of Object.entries(values)) {
      writer.tag(1, WireType.LengthDelimited).fork();
      writer.tag(1, WireType.LengthDelimited).string(tag);
      writer.tag(2, WireType.Bit32).float(value);
      writer.join();
    }
  });
}

/** A text, shown on TensorBoard's page of texts. */
export function textEvent(wallTime: number, tag: string, text: string): Buffer {
  return summaryEvent(wallTime, 0, (writer) => {
    writer.tag(1, WireType.LengthDelimited).fork();
    writer.tag(1, WireType.LengthDelimited).string(tag);
    writer.tag(8, WireType.LengthDelimited).fork(); // A tensor of shape [].
    writer.tag(1, WireType.Varint).int32(DT_STRING);
    writer.tag(8, WireType.LengthDelimited).string(text);
    writer.join();
    writer.tag(9, WireType.LengthDelimited).fork().tag(1, WireType.LengthDelimited).fork(); // The plugin that shows it.
    writer.tag(1, WireType.LengthDelimited).string('text');
    writer.join().join();
    writer.join();
  });
}

function summaryEvent(wallTime: number, step: number, write: (writer: BinaryWriter) => void): Buffer {
  return event(wallTime, step, (writer) => {
    writer.tag(5, WireType.LengthDelimited).fork();
    write(writer);
    writer.join();
  });
}

/** @param wallTime seconds since 1970 */
function event(wallTime: number, step: number, write: (writer: BinaryWriter) => void): Buffer {
  const writer = new BinaryWriter();
  writer.tag(1, WireType.Bit64).double(wallTime);
  writer.tag(2, WireType.Varint).int64(step);
  write(writer);
  return frameRecord(writer.finish());
}
