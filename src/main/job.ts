/**
 * The job process: runs one job and ends. It owns TensorFlow; parts are imported when their job starts, so that a job that needs
 * no TensorFlow never loads it. Forked by the engine (queue/jobProcess.ts), which it tells of everything that happens.
 */
import { join } from 'node:path';
import { toWireError } from '../shared/errors.ts';
import type { JobKind, JobParams, JobResults } from '../shared/jobs.ts';
import type { JobContext } from './queue/jobContext.ts';
import { METRIC_FILE, type FromJob, type StartJob, type ToJob } from './queue/jobMessages.ts';
import { MetricFile } from './queue/metricFile.ts';
import { Workspace } from './workspace.ts';

type Runner<K extends JobKind> = (params: JobParams<K>, context: JobContext, workspace: Workspace) => Promise<JobResults[K]>;

/** Which part does which job. */
const RUNNERS: { [K in JobKind]: () => Promise<Runner<K>> } = {
  clean: async () => (await import('./corpus/clean.ts')).clean,
  'download-corpus': async () => {
    const { downloadCorpus } = await import('./corpus/downloadCorpus.ts');
    return (params, context) => downloadCorpus(params, context);
  },
  mix: async () => (await import('./corpus/mix.ts')).mix,
  tokenizer: async () => (await import('./corpus/trainTokenizer.ts')).trainTokenizer,
  encode: async () => (await import('./corpus/encode.ts')).encodeFile,
  train: async () => (await import('./training/train.ts')).train,
  evaluate: async () => (await import('./evaluation/evaluate.ts')).evaluate,
  score: async () => (await import('./evaluation/evaluate.ts')).score,
  'demo-corpus': async () => (await import('./demo/nursery/makeDemoCorpus.ts')).makeDemoCorpus,
  import: async () => (await import('./models/importModel.ts')).importModel,
  export: async () => (await import('./models/exportModel.ts')).exportModel,
  imported: async () => (await import('./exchange/importRun.ts')).importRun,
  'export-runs': async () => (await import('./exchange/exportRuns.ts')).exportRuns,
  generate: async () => (await import('./generation/generateJob.ts')).generate,
  inspect: async () => (await import('./lab/inspectJob.ts')).inspect,
  probe: async () => (await import('./tensorflow/probe.ts')).probe,
};

const stop = new AbortController();

// A terminal sends Ctrl-C to the whole process group; the engine decides what it means and tells the job.
process.on('SIGINT', () => {});
process.on('SIGTERM', () => stop.abort());
// Without an engine there is nobody left to work for: save what can be resumed, and end.
process.on('disconnect', () => stop.abort());
process.on('message', (message: ToJob) => {
  if (message.type === 'stop') stop.abort();
  else void run(message);
});

/** Sends a message and waits until it is on its way, so that ending the process loses nothing. */
function tell(message: FromJob): Promise<void> {
  return new Promise((resolve) => {
    if (!process.connected) return resolve();
    process.send!(message, undefined, undefined, () => resolve());
  });
}

async function run(start: StartJob): Promise<void> {
  const metrics = new MetricFile(join(start.folder, METRIC_FILE));
  const measured = coalesce((step) => void tell({ type: 'measured', step }));
  const context: JobContext = {
    signal: stop.signal,
    folder: start.folder,
    progress: throttle((progress) => void tell({ type: 'progress', progress })),
    log: (level, message) => void tell({ type: 'log', level, message }),
    metric(record) {
      metrics.append(record);
      measured(record.step);
    },
    report: (report) => void tell({ type: 'report', report }),
  };
  let code = 0;
  try {
    // One kind's runner takes that kind's parameters; the engine has validated them.
    const runner = (await RUNNERS[start.kind]()) as Runner<JobKind>;
    const result = await runner(start.params as JobParams<JobKind>, context, new Workspace(start.workspace));
    await tell({ type: 'result', result });
  } catch (error) {
    code = 1;
    await tell({ type: 'error', error: toWireError(error), stack: error instanceof Error ? (error.stack ?? '') : String(error) });
  }
  metrics.close();
  process.exit(code);
}

const PROGRESS_INTERVAL_MS = 100;

/** Lets at most ten reports a second through; the last of a count always passes. */
function throttle(report: JobContext['progress']): JobContext['progress'] {
  let last = 0;
  return (progress) => {
    const now = performance.now();
    if (progress.done < progress.total && now - last < PROGRESS_INTERVAL_MS) return;
    last = now;
    report(progress);
  };
}

/** Tells of the latest step a moment later, once for all that came in between: the engine reads the file, not the message. */
function coalesce(tellStep: (step: number) => void): (step: number) => void {
  let latest = 0;
  let timer: NodeJS.Timeout | null = null;
  return (step) => {
    latest = step;
    timer ??= setTimeout(() => {
      timer = null;
      tellStep(latest);
    }, MEASURED_DELAY_MS);
  };
}

const MEASURED_DELAY_MS = 20;

void tell({ type: 'ready' });
