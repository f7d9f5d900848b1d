/** The job of an imported run: reads what another tool logged and logs it as its own. */
import { statSync } from 'node:fs';
import { setImmediate } from 'node:timers/promises';
import { CriaError } from '../../shared/errors.ts';
import type { JobParams, JobResults } from '../../shared/jobs.ts';
import type { ForeignRun } from '../../shared/foreignRun.ts';
import type { JobContext, MetricRecord } from '../queue/jobContext.ts';
import { readCsv } from './csv.ts';
import { inOurWords } from './metricNames.ts';
import type { AboutRun, Reading, Readings } from './reading.ts';
import { readEventFiles } from './tensorboard.ts';
import { readTrainerState } from './trainerState.ts';
import { readWandb } from './wandb.ts';

const READERS: Record<ForeignRun['tool'], (run: ForeignRun) => Readings> = {
  tensorboard: ({ paths }) => readEventFiles(paths),
  wandb: ({ paths }) => readWandb(paths[0]!),
  trainer: ({ paths }) => readTrainerState(paths[0]!),
  csv: ({ paths, part }) => readCsv(paths[0]!, part),
};

const BREATH_EVERY = 2000;

/**
 * @throws CriaError `bad-input` for a damaged file or one without measurements; `cancelled`
 */
export async function importRun({ source }: JobParams<'imported'>, context: JobContext): Promise<JobResults['imported']> {
  const total = source.paths.reduce((sum, path) => sum + statSync(path).size, 0);
  const about: AboutRun = {};
  let steps = 0;
  let points = 0;
  let since = 0;
  const log = (record: MetricRecord) => {
    context.metric(record);
    steps = Math.max(steps, record.step);
    points += Object.keys(record.values).length;
  };
  // Scalars of one step come one by one from some tools; they are one measurement.
  const merger = new Merger(log);
  for await (const reading of keepBeginning(READERS[source.tool](source), () => points > 0, (message) => context.log('warning', message))) {
    if ('about' in reading) merge(about, reading.about);
    else if ('bytes' in reading) context.progress({ label: `Importing ${source.name}`, done: reading.bytes, total, unit: 'bytes' });
    else merger.add(inOurWords(reading.record, { ownNames: source.tool !== 'trainer' }));
    if (++since % BREATH_EVERY === 0) {
      await setImmediate(); // Lets a request to stop arrive.
      if (context.signal.aborted) throw new CriaError('cancelled', 'The import was stopped.');
    }
  }
  merger.end();
  if (!points) throw new CriaError('bad-input', `${source.name} holds no measurements (${source.paths[0]!}).`, 'Nothing was logged in it, or only pictures and histograms.');
  const { name = source.name, project = '', tags = [], notes = '', config = {}, startedAt = null, finishedAt = null } = about;
  return { tool: source.tool, name: source.tool === 'wandb' ? name : source.name, project, tags, notes, config, startedAt, finishedAt, steps, points };
}

/** What stands before a damaged place (a power cut, a full disk) is worth having. */
async function* keepBeginning(readings: Readings, hasAny: () => boolean, warn: (message: string) => void): AsyncGenerator<Reading> {
  try {
    yield* readings;
  } catch (error) {
    if (!(error instanceof CriaError) || error.code !== 'bad-input' || !hasAny()) throw error;
    warn(`${error.message} What stands before it was taken in.`);
  }
}

function merge(about: AboutRun, more: AboutRun): void {
  const config = more.config ? { ...about.config, ...more.config } : about.config;
  Object.assign(about, more, config ? { config } : {});
}

/** Joins records of the same step that follow each other. */
class Merger {
  readonly #log: (record: MetricRecord) => void;
  #open: MetricRecord | null = null;

  constructor(log: (record: MetricRecord) => void) {
    this.#log = log;
  }

  add(record: MetricRecord): void {
    if (this.#open?.step === record.step) {
      this.#open = { ...this.#open, ...record, values: { ...this.#open.values, ...record.values } };
      return;
    }
    this.end();
    this.#open = record;
  }

  end(): void {
    if (this.#open && Object.keys(this.#open.values).length) this.#log(this.#open);
    this.#open = null;
  }
}
