/** Other tools' files, read. The event files were written by TensorBoard's own writer and by tensorboardX (fixtures/exchange). */
import { appendFileSync, cpSync, mkdirSync, readFileSync, statSync, truncateSync, writeFileSync } from 'node:fs';
import { dirname, join, resolve } from 'node:path';
import { crc32 } from 'node:zlib';
import { BinaryWriter, WireType } from '@bufbuild/protobuf/wire';
import { describe, expect, it } from 'vitest';
import { crc32c, maskedCrc32c } from '../../../src/main/exchange/crc32c.ts';
import { findRuns } from '../../../src/main/exchange/findRuns.ts';
import { importRun } from '../../../src/main/exchange/importRun.ts';
import { inOurWords, ourName } from '../../../src/main/exchange/metricNames.ts';
import { frameRecord, readRecords } from '../../../src/main/exchange/tfRecord.ts';
import type { ForeignRun } from '../../../src/shared/foreignRun.ts';
import { RecordingContext, temporaryFolder } from '../../support/jobContext.ts';

const FIXTURES = resolve(import.meta.dirname, '../../fixtures/exchange');

async function read(source: ForeignRun) {
  const context = new RecordingContext();
  const result = await importRun({ source }, context);
  const series = (name: string) => context.metrics.filter(({ values }) => name in values).map(({ step, values }) => [step, values[name]]);
  return { result, context, series };
}

const only = (path: string) => {
  const found = findRuns(path);
  expect(found).toHaveLength(1);
  return found[0]!;
};

function put(folder: string, name: string, content: string | Uint8Array): string {
  const path = join(folder, name);
  mkdirSync(dirname(path), { recursive: true });
  writeFileSync(path, content);
  return path;
}

describe('event files', () => {
  it('have the checksum of RFC 3720 (its test vectors), masked as TFRecord wants it', () => {
    expect(crc32c(Buffer.from('123456789'))).toBe(0xe3069283);
    expect(crc32c(new Uint8Array(32))).toBe(0x8a9136aa);
    expect(crc32c(new Uint8Array(32).fill(0xff))).toBe(0x62a8ab43);
    expect(crc32c(Uint8Array.from({ length: 32 }, (_, i) => i))).toBe(0x46dd794e);
    // The length 24 and its checksum, as they begin a file of TensorBoard's own.
    const file = readFileSync(join(FIXTURES, 'scalars/events.out.tfevents.1700000000.test'));
    expect(maskedCrc32c(file.subarray(0, 8))).toBe(file.readUInt32LE(8));
  });

  it('are read where scalars are tensors, as TensorFlow 2 writes them', async () => {
    const { result, series, context } = await read(only(join(FIXTURES, 'tensors')));
    expect(series('train/loss')).toEqual(Array.from({ length: 10 }, (_, i) => [5 * i, 5 - i / 4]));
    expect(series('eval/loss')).toEqual([[0, 5.5], [20, 4.5], [40, 3.5]]);
    // Both of step 20 are one measurement.
    expect(context.metrics.find(({ step }) => step === 20)).toMatchObject({ values: { 'train/loss': 4, 'eval/loss': 4.5 }, seconds: 20 });
    expect(result).toMatchObject({ tool: 'tensorboard', name: 'tensors', steps: 45, points: 13, startedAt: 1_700_000_000_000, finishedAt: 1_700_000_045_000 });
  });

  it('are read where scalars are simple values, beside texts, hyperparameters and histograms', async () => {
    const { result, series, context } = await read(only(join(FIXTURES, 'scalars')));
    expect(series('train/loss').map(([, value]) => value)).toEqual(Array.from({ length: 20 }, (_, i) => (i === 8 ? NaN : Math.fround(4 - (i + 1) / 10))));
    expect(series('train/learningRate').at(-1)).toEqual([20, Math.fround(1e-3)]);
    expect(context.metrics.at(-1)).toMatchObject({ step: 20, epoch: 2, seconds: 19 });
    expect(result.config).toEqual({ args: { learning_rate: 0.001, seed: 7 }, hidden: 64, tied: true, type: 'llama' });
    expect(result.points).toBe(40);
  });

  it('that a killed run left unfinished end there; what stands before a damaged place is kept', async () => {
    const folder = temporaryFolder();
    cpSync(join(FIXTURES, 'tensors'), join(folder, 'cut'), { recursive: true });
    const [cut] = findRuns(join(folder, 'cut'));
    truncateSync(cut!.paths[0]!, statSync(cut!.paths[0]!).size - 3);
    const short = await read(cut!);
    expect(short.result).toMatchObject({ steps: 40, points: 12 });
    expect(short.context.logged).toEqual([]);

    // A machine without power leaves zeros.
    appendFileSync(cut!.paths[0]!, new Uint8Array(4096));
    const damaged = await read(cut!);
    expect(damaged.result).toMatchObject({ steps: 40, points: 12 });
    expect(damaged.context.logged).toMatchObject([{ level: 'warning', message: expect.stringContaining('damaged at byte') as string }]);

    const noise = put(folder, 'noise/events.out.tfevents.1.a', Buffer.alloc(100, 7));
    await expect(read(only(noise))).rejects.toMatchObject({ code: 'bad-input' });
    const empty = put(folder, 'empty/events.out.tfevents.1.a', '');
    await expect(read(only(empty))).rejects.toMatchObject({ code: 'bad-input', message: expect.stringContaining('no measurements') as string });
  });

  it('of any size come back as they were framed', () => {
    const records = [Buffer.alloc(0), Buffer.from('a'), Buffer.alloc(3 << 20, 5)];
    const path = put(temporaryFolder(), 'records', Buffer.concat(records.map(frameRecord)));
    const found = [...readRecords(path)];
    expect(found.map((record) => record.length)).toEqual([0, 1, 3 << 20]);
    expect(found[2]!.equals(records[2]!)).toBe(true);
  });
});

// ---- W&B's frame, written here ----
const submessage = (writer: BinaryWriter, field: number, write: (inner: BinaryWriter) => void) => {
  writer.tag(field, WireType.LengthDelimited).fork();
  write(writer);
  writer.join();
};
const text = (writer: BinaryWriter, field: number, value: string) => writer.tag(field, WireType.LengthDelimited).string(value);

function wandbRun(): Uint8Array {
  const writer = new BinaryWriter();
  submessage(writer, 17, (run) => {
    text(run, 3, 'nursery');
    submessage(run, 4, (config) => {
      submessage(config, 1, (item) => void text(text(item, 1, 'lr'), 16, '0.001'));
      submessage(config, 1, (item) => void text(text(text(item, 2, 'model'), 2, 'layers'), 16, '2'));
      submessage(config, 1, (item) => void text(text(item, 1, '_wandb'), 16, '{"v": 1}'));
    });
    text(run, 8, 'lively-llama');
    text(run, 9, 'a note');
    text(run, 10, 'baseline');
    submessage(run, 17, (time) => void time.tag(1, WireType.Varint).int64(1_700_000_000));
  });
  return writer.finish();
}

function wandbHistory(step: number, values: Record<string, string>): Uint8Array {
  const writer = new BinaryWriter();
  submessage(writer, 2, (history) => {
    for (const [name, json] of Object.entries(values)) submessage(history, 1, (item) => void text(text(item, 2, name), 16, json));
    submessage(history, 2, (number) => void number.tag(1, WireType.Varint).int64(step));
  });
  return writer.finish();
}

/** LevelDB's log format: chunks never cross the border of a block of 32 KiB. */
function wandbFile(records: Uint8Array[]): Buffer {
  const BLOCK = 32_768;
  const parts: Buffer[] = [Buffer.from(':W&B'), Buffer.from([0xe1, 0xbe, 0])];
  let at = 7;
  const push = (bytes: Buffer) => {
    parts.push(bytes);
    at += bytes.length;
  };
  for (const record of records) {
    for (let from = 0, first = true; first || from < record.length; first = false) {
      if (BLOCK - (at % BLOCK) < 7) push(Buffer.alloc(BLOCK - (at % BLOCK)));
      const data = record.subarray(from, from + BLOCK - (at % BLOCK) - 7);
      from += data.length;
      const isLast = from >= record.length;
      const type = Buffer.from([first ? (isLast ? 1 : 2) : isLast ? 4 : 3]);
      const header = Buffer.alloc(7);
      header.writeUInt32LE(crc32(data, crc32(type)), 0);
      header.writeUInt16LE(data.length, 4);
      header[6] = type[0]!;
      push(Buffer.concat([header, data]));
    }
  }
  return Buffer.concat(parts);
}

describe('W&B', () => {
  it('offline runs are read: name, config, tags, times, history', async () => {
    const long = `"${'x'.repeat(70_000)}"`; // Over three blocks.
    const histories = Array.from({ length: 900 }, (_, i) => wandbHistory(i, { 'train/loss': i === 3 ? '"NaN"' : String(5 - i / 300), ...(i % 100 ? {} : { 'eval/loss': String(6 - i / 300), sample: long }), _runtime: String(i / 2), _timestamp: '1' }));
    const folder = temporaryFolder();
    put(folder, 'wandb/offline-run-1/run-abc.wandb', wandbFile([wandbRun(), ...histories]));
    const { result, series, context } = await read(only(folder));
    expect(result).toMatchObject({ tool: 'wandb', name: 'lively-llama', project: 'nursery', notes: 'a note', tags: ['baseline'], config: { lr: 0.001, model: { layers: 2 } } });
    expect(result.startedAt).toBe(1_700_000_000_000);
    expect(result.finishedAt).toBe(1_700_000_000_000 + 449_500);
    expect(result.config).not.toHaveProperty('_wandb');
    expect(series('train/loss')).toHaveLength(900);
    expect(series('train/loss')[3]).toEqual([3, NaN]);
    expect(series('eval/loss')[8]).toEqual([800, 6 - 800 / 300]);
    expect(context.metrics[10]).toMatchObject({ step: 10, seconds: 5 });
    expect(result.points).toBe(909);
  });

  it('refuses what is no .wandb file, and a damaged one', async () => {
    const folder = temporaryFolder();
    await expect(read(only(put(folder, 'a.wandb', 'hello there, no log')))).rejects.toMatchObject({ code: 'bad-input', message: expect.stringContaining('not a .wandb file') as string });
    const file = wandbFile([wandbRun()]);
    file[40]! ^= 1;
    await expect(read(only(put(folder, 'b.wandb', file)))).rejects.toMatchObject({ code: 'bad-input', message: expect.stringContaining('checksum') as string });
  });

  it('charts exported as CSV are read, one run per column', async () => {
    const path = put(temporaryFolder(), 'chart.csv', '"Step","one - two - train/loss","one - two - train/loss__MIN","one - two - train/loss__MAX","b - train/loss"\n"0","5","5","5",""\n"10","4","4","4","4.5"\n"20","NaN","","","3.5"\n');
    const found = findRuns(path);
    expect(found.map(({ name }) => name)).toEqual(['one - two', 'b']);
    expect((await read(found[0]!)).series('train/loss')).toEqual([[0, 5], [10, 4], [20, NaN]]);
    expect((await read(found[1]!)).series('train/loss')).toEqual([[10, 4.5], [20, 3.5]]);
  });

  it('tables without steps are refused in words', () => {
    const folder = temporaryFolder();
    expect(() => findRuns(put(folder, 'a.csv', '"Name","State","lr"\n"x","finished","1"\n'))).toThrow(/table of runs/);
    expect(() => findRuns(put(folder, 'b.csv', '"Relative Time (Process)","x - loss"\n"0","1"\n'))).toThrow(/x axis, not steps/);
    expect(() => findRuns(put(folder, 'c.csv', 'a,b\n1,2\n'))).toThrow(/no column of steps/);
  });
});

describe('tables of one run', () => {
  it('as pandas writes a history', async () => {
    const { series, context } = await read(only(put(temporaryFolder(), 'history.csv', ',_step,_runtime,train/loss,eval_loss,epoch\n0,0,1.5,5.0,,0.0\n1,10,3.0,4.0,nan,0.5\n2,20,4.5,inf,3.9,1.0\n')));
    expect(series('train/loss')).toEqual([[0, 5], [10, 4], [20, Infinity]]);
    expect(series('eval/loss')).toEqual([[10, NaN], [20, 3.9]]);
    expect(context.metrics[1]).toMatchObject({ step: 10, epoch: 0.5, seconds: 3 });
  });

  it('as TensorBoard downloads a curve', async () => {
    const { series } = await read(only(put(temporaryFolder(), 'run-a-tag-eval_loss.csv', 'Wall time,Step,Value\n1700000000.1,5,2.5\n1700000001.1,10,2.25\n')));
    expect(series('eval/loss')).toEqual([[5, 2.5], [10, 2.25]]);
  });
});

describe('Hugging Face\'s Trainer', () => {
  const state = (steps: number) => JSON.stringify({
    best_metric: null, global_step: steps,
    log_history: [
      ...Array.from({ length: steps / 5 }, (_, i) => ({ epoch: (i + 1) / 4, grad_norm: i === 1 ? 'NAN' : 1.25, learning_rate: 1e-3, loss: 4 - i / 10, step: 5 * (i + 1) })),
      { epoch: 1, eval_loss: 3.5, eval_runtime: 0.1, step: steps },
      { epoch: 1, train_loss: 3.75, train_runtime: 60, total_flos: 10, step: steps },
    ],
  }).replace('"NAN"', 'NaN');

  it('leaves a state that is read, the latest checkpoint\'s of a training', async () => {
    const folder = temporaryFolder();
    put(folder, 'run-a/checkpoint-5/trainer_state.json', state(5));
    put(folder, 'run-a/checkpoint-20/trainer_state.json', state(20));
    put(folder, 'run-a/checkpoint-20/config.json', '{"model_type": "llama"}');
    put(folder, 'run-b/trainer_state.json', state(10));
    put(folder, 'run-b/checkpoint-5/trainer_state.json', state(5));
    const found = findRuns(folder);
    expect(found.map(({ name }) => name)).toEqual(['run-a', 'run-b']);
    const { result, series, context } = await read(found[0]!);
    expect(series('train/loss')).toEqual([[5, 4], [10, 3.9], [15, 3.8], [20, 3.7]]);
    expect(series('train/gradientNorm')[1]).toEqual([10, NaN]);
    // The last word's train_loss is a mean over everything and no point of the curve.
    expect(series('eval/loss')).toEqual([[20, 3.5]]);
    expect(series('summary/train_loss')).toEqual([[20, 3.75]]);
    expect(result.config).toEqual({ model: { model_type: 'llama' } });
    expect(result.finishedAt! - result.startedAt!).toBe(60_000);
    expect(context.metrics[0]).toMatchObject({ step: 5, epoch: 0.25 });
    expect((await read(found[1]!)).result.steps).toBe(10);
    await expect(read(only(put(folder, 'bad/trainer_state.json', '{}')))).rejects.toMatchObject({ code: 'bad-input' });
  });
});

describe('names', () => {
  it.each([
    ['loss', 'train/loss'], ['train_loss', 'summary/train_loss'], ['train/train_loss', 'summary/train_loss'], ['val_loss', 'eval/loss'], ['val/loss', 'eval/loss'], ['eval_accuracy', 'eval/accuracy'],
    ['lr', 'train/learningRate'], ['grad_norm', 'train/gradientNorm'], ['train/learningRate', 'train/learningRate'], ['memory/rssBytes', 'memory/rssBytes'],
    ['my own metric', 'my own metric'], ['epoch', null], ['_runtime', null], ['train/global_step', null],
  ])('%s is %s', (theirs, ours) => expect(ourName(theirs)).toBe(ours));

  it('a logged global step is the step, and anyone but the Trainer means the loss by train_loss', () => {
    expect(inOurWords({ step: 3, values: { train_loss: 2, 'train/global_step': 30, num_input_tokens_seen: 512 } }, { ownNames: true })).toEqual({ step: 30, tokens: 512, values: { 'train/loss': 2 } });
  });
});

it('says what can be read where nothing can', () => {
  const folder = temporaryFolder();
  expect(() => findRuns(folder)).toThrow(/holds no runs/);
  expect(() => findRuns(join(folder, 'nowhere'))).toThrow(/nothing at/);
  put(folder, 'notes.csv', 'a,b\n');
  expect(() => findRuns(folder)).toThrow(/holds no runs/);
});
