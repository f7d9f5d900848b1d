/**
 * TensorBoard event files, read. Field numbers are those of event.proto, summary.proto, tensor.proto and the hparams plugin's
 * plugin_data.proto in TensorFlow and TensorBoard.
 */
import { statSync } from 'node:fs';
import { readMessage } from './message.ts';
import type { Reading } from './reading.ts';
import { readRecords } from './tfRecord.ts';

interface SummaryValue {
  tag: string;
  /** A scalar, or null. */
  value: number | null;
  /** A text summary, or null. */
  text: string | null;
  hparams: Record<string, unknown> | null;
}

/** A run's event files, oldest first: a restarted run goes on in a new file, whose steps replace those it repeats. */
export function* readEventFiles(paths: readonly string[]): Generator<Reading> {
  let first: number | null = null;
  let last = 0;
  let before = 0;
  for (const path of paths) {
    let position = 0;
    for (const event of readRecords(path, (bytes) => (position = bytes))) {
      const { wallTime, step, values } = readEvent(event);
      const scalars = values.filter(({ value }) => value !== null);
      if (scalars.length) {
        first ??= wallTime;
        last = Math.max(last, wallTime);
        yield { record: { step, values: Object.fromEntries(scalars.map(({ tag, value }) => [tag, value!])), seconds: Math.max(0, wallTime - first) } };
      }
      for (const { tag, text, hparams } of values) {
        const config = hparams ?? (text === null ? null : configOfText(tag, text));
        if (config) yield { about: { config } };
      }
      yield { bytes: before + position };
    }
    before += statSync(path).size;
  }
  if (first !== null) yield { about: { startedAt: 1000 * first, finishedAt: 1000 * last } };
}

function readEvent(bytes: Uint8Array): { wallTime: number; step: number; values: SummaryValue[] } {
  const event = { wallTime: 0, step: 0, values: [] as SummaryValue[] };
  readMessage(bytes, {
    1: (reader) => (event.wallTime = reader.double()),
    2: (reader) => (event.step = Number(reader.int64())),
    5: (reader) => readMessage(reader.bytes(), { 1: (summary) => event.values.push(readValue(summary.bytes())) }),
  });
  return event;
}

function readValue(bytes: Uint8Array): SummaryValue {
  const read: SummaryValue = { tag: '', value: null, text: null, hparams: null };
  let tensor: Uint8Array | null = null;
  let plugin = { name: '', content: new Uint8Array() as Uint8Array };
  readMessage(bytes, {
    1: (reader) => (read.tag = reader.string()),
    2: (reader) => (read.value = reader.float()),
    8: (reader) => (tensor = reader.bytes()),
    9: (reader) => readMessage(reader.bytes(), { 1: (metadata) => (plugin = readPlugin(metadata.bytes())) }),
  });
  if (plugin.name === 'hparams') read.hparams = readHparams(plugin.content);
  if (tensor && plugin.name === 'scalars') read.value = readTensor(tensor).value;
  if (tensor && plugin.name === 'text') read.text = readTensor(tensor).text;
  return read;
}

function readPlugin(bytes: Uint8Array): { name: string; content: Uint8Array } {
  const plugin = { name: '', content: new Uint8Array() as Uint8Array };
  readMessage(bytes, { 1: (reader) => (plugin.name = reader.string()), 2: (reader) => (plugin.content = reader.bytes()) });
  return plugin;
}

const DT_FLOAT = 1;
const DT_DOUBLE = 2;

/** The first element of a tensor. Numbers lie in the field of their type, or as raw little-endian bytes. */
function readTensor(bytes: Uint8Array): { value: number | null; text: string | null } {
  let type = 0;
  let value: number | null = null;
  let text: string | null = null;
  let content: Uint8Array | null = null;
  // Lists of numbers are packed into bytes.
  const firstOf = (packed: Uint8Array, read: (view: DataView) => number) => {
    if (packed.length) value ??= read(new DataView(packed.buffer, packed.byteOffset, packed.byteLength));
  };
  readMessage(bytes, {
    1: (reader) => (type = reader.int32()),
    4: (reader) => (content = reader.bytes()),
    5: (reader) => firstOf(reader.bytes(), (view) => view.getFloat32(0, true)),
    6: (reader) => firstOf(reader.bytes(), (view) => view.getFloat64(0, true)),
    8: (reader) => (text ??= new TextDecoder().decode(reader.bytes())),
  });
  if (content) {
    if (type === DT_FLOAT) firstOf(content, (view) => view.getFloat32(0, true));
    if (type === DT_DOUBLE) firstOf(content, (view) => view.getFloat64(0, true));
  }
  return { value, text };
}

/** The hyperparameters that a session starts with: a map of google.protobuf.Value. */
function readHparams(bytes: Uint8Array): Record<string, unknown> | null {
  const config: Record<string, unknown> = {};
  const readEntry = (entry: Uint8Array) => {
    let key = '';
    let value: unknown = null;
    readMessage(entry, {
      1: (reader) => (key = reader.string()),
      2: (reader) => readMessage(reader.bytes(), { 2: (v) => (value = v.double()), 3: (v) => (value = v.string()), 4: (v) => (value = v.bool()) }),
    });
    config[key] = value;
  };
  readMessage(bytes, { 3: (reader) => readMessage(reader.bytes(), { 1: (start) => readEntry(start.bytes()) }) });
  return Object.keys(config).length ? config : null;
}

/** Hugging Face's Trainer writes its arguments and the model's config as texts that hold JSON; Cria's export writes the run's config so. */
function configOfText(tag: string, text: string): Record<string, unknown> | null {
  try {
    const value = JSON.parse(text) as unknown;
    if (value === null || typeof value !== 'object' || Array.isArray(value)) return null;
    return tag === 'config' ? (value as Record<string, unknown>) : { [tag.replace(/(\/text_summary)+$/, '')]: value };
  } catch {
    return null; // A sample, a note: not a config.
  }
}
