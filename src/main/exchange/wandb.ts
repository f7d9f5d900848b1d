/** W&B's offline runs. Field numbers are those of its wandb_internal.proto. */
import { readMessage, readTimestamp } from './message.ts';
import type { AboutRun, Reading } from './reading.ts';
import { readWandbRecords } from './wandbLog.ts';

/** Of W&B's machine measurements, those that Cria charts too, and what brings them to its units. */
const SYSTEM: Record<string, [name: string, factor: number]> = {
  'gpu.0.gpu': ['gpu/utilisation', 1],
  'gpu.0.memoryAllocatedBytes': ['gpu/memoryBytes', 1],
  'proc.memory.rssMB': ['memory/rssBytes', 1 << 20],
};

export function* readWandb(path: string): Generator<Reading> {
  let step = 0;
  let startedAt = NaN;
  let lastRuntime = 0;
  let position = 0;
  for (const record of readWandbRecords(path, (bytes) => (position = bytes))) {
    const readings: Reading[] = [];
    readMessage(record, {
      2: (reader) => {
        const history = readHistory(reader.bytes(), step);
        step = history.step;
        lastRuntime = history.seconds ?? lastRuntime;
        const { values, seconds } = history;
        if (Object.keys(values).length) readings.push({ record: { step, values, ...(seconds === null ? {} : { seconds }) } });
      },
      5: (reader) => readings.push({ about: { config: readConfig(reader.bytes()) } }),
      7: (reader) => {
        const values = readSystem(reader.bytes());
        if (Object.keys(values).length) readings.push({ record: { step, values } });
      },
      17: (reader) => {
        const about = readRun(reader.bytes());
        startedAt = about.startedAt ?? startedAt;
        readings.push({ about });
      },
    });
    yield* readings;
    yield { bytes: position };
  }
  if (Number.isFinite(startedAt)) yield { about: { finishedAt: startedAt + 1000 * lastRuntime } };
}

interface Item {
  path: string[];
  value: unknown;
}

/** HistoryItem, ConfigItem and StatsItem: a key or a path of keys, and JSON. */
function readItem(bytes: Uint8Array): Item {
  let key = '';
  let json = 'null';
  const path: string[] = [];
  readMessage(bytes, { 1: (reader) => (key = reader.string()), 2: (reader) => path.push(reader.string()), 16: (reader) => (json = reader.string()) });
  return { path: path.length ? path : [key], value: parseJson(json) };
}

/** JSON as Python writes it: NaN and Infinity may stand bare. */
function parseJson(text: string): unknown {
  if (text === 'NaN') return NaN;
  if (text === 'Infinity' || text === '-Infinity') return Number(text);
  try {
    return JSON.parse(text) as unknown;
  } catch {
    return null;
  }
}

function readHistory(bytes: Uint8Array, before: number): { step: number; seconds: number | null; values: Record<string, number> } {
  const history = { step: before, seconds: null as number | null, values: {} as Record<string, number> };
  readMessage(bytes, {
    1: (reader) => {
      const { path, value } = readItem(reader.bytes());
      const number = numberOf(value);
      const name = path.join('.');
      if (number === null) return; // A table, a picture, a histogram.
      if (name === '_step') history.step = number;
      else if (name === '_runtime') history.seconds = number;
      else if (!name.startsWith('_')) history.values[name] = number;
    },
    2: (reader) => readMessage(reader.bytes(), { 1: (inner) => (history.step = Number(inner.int64())) }),
  });
  return history;
}

/** W&B writes what JSON cannot as strings. */
function numberOf(value: unknown): number | null {
  if (typeof value === 'number') return value;
  return value === 'NaN' || value === 'Infinity' || value === '-Infinity' ? Number(value) : null;
}

function readSystem(bytes: Uint8Array): Record<string, number> {
  const values: Record<string, number> = {};
  readMessage(bytes, {
    3: (reader) => {
      const { path, value } = readItem(reader.bytes());
      const known = SYSTEM[path.join('.')];
      if (known && typeof value === 'number') values[known[0]] = value * known[1];
    },
  });
  return values;
}

function readConfig(bytes: Uint8Array): Record<string, unknown> {
  const config: Record<string, unknown> = {};
  readMessage(bytes, {
    1: (reader) => {
      const { path, value } = readItem(reader.bytes());
      if (path[0] === '_wandb') return; // Its own bookkeeping.
      let level = config;
      for (const key of path.slice(0, -1)) {
        const inner = level[key];
        level = (level[key] = inner !== null && typeof inner === 'object' ? inner : {}) as Record<string, unknown>;
      }
      level[path.at(-1)!] = value;
    },
  });
  return config;
}

function readRun(bytes: Uint8Array): AboutRun {
  const about: AboutRun = {};
  const tags: string[] = [];
  readMessage(bytes, {
    3: (reader) => (about.project = reader.string()),
    4: (reader) => (about.config = readConfig(reader.bytes())),
    8: (reader) => (about.name = reader.string()),
    9: (reader) => (about.notes = reader.string()),
    10: (reader) => tags.push(reader.string()),
    17: (reader) => (about.startedAt = readTimestamp(reader.bytes())),
  });
  return { ...about, tags };
}
