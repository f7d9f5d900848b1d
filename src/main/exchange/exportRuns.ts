/** The job that writes runs' curves for other tools. */
import { existsSync, mkdirSync } from 'node:fs';
import { hostname } from 'node:os';
import { join } from 'node:path';
import { CriaError } from '../../shared/errors.ts';
import type { JobParams, JobResults } from '../../shared/jobs.ts';
import { streamFileAtomic, writeFolderAtomic } from '../disk/atomic.ts';
import type { JobContext } from '../queue/jobContext.ts';
import { METRIC_FILE } from '../queue/jobMessages.ts';
import { scalarEvent, textEvent, versionEvent } from './eventWriter.ts';
import { metricLines } from './metricLines.ts';

type ExportedRun = JobParams<'export-runs'>['runs'][number];

/**
 * A folder per run with a TensorBoard event file, or a table of comma-separated values per run: a row per measurement, in order of time.
 * @throws CriaError `exists` when there is something at `output`; `not-found` for a run that has logged nothing; `cancelled`
 */
export async function exportRuns({ runs, format, output }: JobParams<'export-runs'>, context: JobContext): Promise<JobResults['export-runs']> {
  if (existsSync(output)) throw new CriaError('exists', `${output} exists already.`, 'Choose another place.');
  const silent = runs.find((run) => !existsSync(join(run.folder, METRIC_FILE)));
  if (silent) throw new CriaError('not-found', `Run ${silent.id} (${silent.name}) has logged no metrics.`, 'Leave it out.');
  const names = uniqueNames(runs);
  const files: string[] = [];
  await writeFolderAtomic(output, async (folder) => {
    for (const [i, run] of runs.entries()) {
      context.progress({ label: 'Exporting curves', done: i, total: runs.length, unit: 'runs' });
      if (context.signal.aborted) throw new CriaError('cancelled', 'The export was stopped.', 'Nothing was left behind.');
      const file = format === 'csv' ? `${names[i]!}.csv` : join(names[i]!, `events.out.tfevents.${Math.floor(run.startedAt / 1000)}.${hostname()}.cria`);
      mkdirSync(join(folder, file, '..'), { recursive: true });
      await writePieces(join(folder, file), format === 'csv' ? csvPieces(run) : eventPieces(run));
      files.push(file);
    }
  });
  context.progress({ label: 'Exporting curves', done: runs.length, total: runs.length, unit: 'runs' });
  return { output, files };
}

/** File names that say which run it is; a name that several runs have is told apart by their ids. */
function uniqueNames(runs: readonly ExportedRun[]): string[] {
  const plain = runs.map(({ name }) => name.replaceAll(/[^\p{L}\p{N}._+-]+/gu, '-').replace(/^[.-]+/, '') || 'run');
  return plain.map((name, i) => (plain.filter((other) => other.toLowerCase() === name.toLowerCase()).length > 1 ? `${name}-${runs[i]!.id}` : name));
}

const BLOCK_BYTES = 1 << 18;

/** {@link streamFileAtomic} for many small pieces, which are gathered into blocks. */
async function writePieces(path: string, pieces: AsyncIterable<Uint8Array | string>): Promise<void> {
  await streamFileAtomic(path, async (append) => {
    let block: Buffer[] = [];
    let bytes = 0;
    for await (const piece of pieces) {
      block.push(Buffer.from(piece as Uint8Array));
      bytes += block.at(-1)!.length;
      if (bytes < BLOCK_BYTES) continue;
      await append(Buffer.concat(block));
      [block, bytes] = [[], 0];
    }
    await append(Buffer.concat(block));
  });
}

async function* eventPieces({ folder, startedAt, config }: ExportedRun): AsyncGenerator<Uint8Array> {
  const start = startedAt / 1000;
  yield versionEvent(start);
  if (config !== undefined) yield textEvent(start, 'config', JSON.stringify(config, null, 2));
  let seconds = 0;
  for await (const record of metricLines(join(folder, METRIC_FILE))) {
    seconds = record.seconds ?? seconds;
    yield scalarEvent(start + seconds, record);
  }
}

/** RFC 4180, a row per measurement. */
async function* csvPieces({ folder }: ExportedRun): AsyncGenerator<string> {
  const file = join(folder, METRIC_FILE);
  const names = new Set<string>();
  for await (const { values } of metricLines(file)) for (const name in values) names.add(name);
  const columns = [...names].sort();
  const quoted = columns.map((name) => (/[",\n\r]/.test(name) ? `"${name.replaceAll('"', '""')}"` : name));
  yield `${['step', 'tokens', 'epoch', 'seconds', ...quoted].join(',')}\r\n`;
  for await (const { step, tokens, epoch, seconds, values } of metricLines(file)) {
    yield `${[step, tokens, epoch, seconds, ...columns.map((name) => values[name])].map((value) => value ?? '').join(',')}\r\n`;
  }
}
