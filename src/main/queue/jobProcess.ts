/** Starts a job in a process of its own and watches over it. The job dies alone, whatever happens to it. */
import { fork, type ChildProcess } from 'node:child_process';
import { readFileSync } from 'node:fs';
import os from 'node:os';
import { createInterface } from 'node:readline';
import { CriaError, fromWireError } from '../../shared/errors.ts';
import type { JobReport, LogLevel, Progress } from '../../shared/progress.ts';
import type { FromJob, StartJob, ToJob } from './jobMessages.ts';

/** How a job's process ended. */
export type JobEnd =
  | { outcome: 'done'; result: unknown }
  /** It said why. */
  | { outcome: 'failed'; error: CriaError }
  /** Its process vanished without a word: killed, crashed, out of memory. */
  | { outcome: 'died'; how: string; outOfMemory: boolean };

export interface JobListener {
  progress(progress: Progress): void;
  log(level: LogLevel, message: string): void;
  measured(step: number): void;
  report(report: JobReport): void;
}

export interface RunningJob {
  readonly pid: number;
  /** Settles when the process is gone; never rejects. */
  readonly ended: Promise<JobEnd>;
  /** Asks the job to finish its step and save. */
  stop(): void;
  kill(): void;
}

/**
 * Environment that TensorFlow reads at load. glibc gives large blocks back to the system at once, and a training step then pays
 * for them again in page faults (design: element-wise ops became 4 times faster without).
 */
export const JOB_ENVIRONMENT = {
  // TensorFlow turns oneDNN's kernels on by itself only on some processors; they were faster on the others too.
  TF_ENABLE_ONEDNN_OPTS: '1',
  MALLOC_MMAP_THRESHOLD_: '4294967296',
  MALLOC_TRIM_THRESHOLD_: '17179869184',
  MALLOC_TOP_PAD_: '67108864',
};

/** How much lower than its engine's a job's priority is. */
const JOB_NICENESS = 5;

/**
 * @param entry path of job.ts, or of what the build made of it
 * @param label shows in the system's process list, and tells a later engine whose process this was
 */
export function startJob(entry: string, label: string, start: Omit<StartJob, 'type'>, listener: JobListener): RunningJob {
  const child = fork(entry, [label], {
    // Advanced serialisation keeps NaN and typed arrays.
    serialization: 'advanced',
    stdio: ['ignore', 'pipe', 'pipe', 'ipc'],
    env: { ...JOB_ENVIRONMENT, ...process.env },
    execArgv: ['--disable-warning=ExperimentalWarning'],
  });
  giveWay(child);
  const output = forwardOutput(child, listener);
  const killsBefore = memoryKills();
  let said: JobEnd | null = null;

  child.on('message', (message: FromJob) => {
    switch (message.type) {
      case 'ready':
        send(child, { type: 'start', ...start });
        break;
      case 'progress':
        listener.progress(message.progress);
        break;
      case 'log':
        listener.log(message.level, message.message);
        break;
      case 'measured':
        listener.measured(message.step);
        break;
      case 'report':
        listener.report(message.report);
        break;
      case 'result':
        said = { outcome: 'done', result: message.result };
        break;
      case 'error':
        if (message.error.code === 'internal') listener.log('error', message.stack);
        said = { outcome: 'failed', error: fromWireError(message.error) };
        break;
    }
  });

  const ended = new Promise<JobEnd>((resolve) => {
    child.once('error', (error) => resolve({ outcome: 'died', how: `its process could not be started: ${error.message}`, outOfMemory: false }));
    child.once('close', (code, signal) => {
      const how = signal ? `its process was ended by ${signal}` : `its process ended with code ${code}`;
      const { tail, saysMemory } = output;
      // The system ends who takes too much without a word; it only counts them.
      const outOfMemory = saysMemory || (signal === 'SIGKILL' && memoryKills() > killsBefore);
      resolve(said ?? { outcome: 'died', how: tail.length ? `${how}; last words: ${tail.join(' / ')}` : how, outOfMemory });
    });
  });

  return { pid: child.pid ?? -1, ended, stop: () => send(child, { type: 'stop' }), kill: () => void child.kill('SIGKILL') };
}

/**
 * Lets the engine and the window go first when they want a processor that the job has: they want it for a moment, the job for hours. On an
 * idle machine the job loses nothing. Threads that the job starts later inherit it.
 */
function giveWay({ pid }: ChildProcess): void {
  if (pid === undefined) return;
  try {
    os.setPriority(pid, Math.min(os.constants.priority.PRIORITY_LOW, os.getPriority(pid) + JOB_NICENESS));
  } catch {
    // It has ended already, or this system does not allow it: then it is as it was.
  }
}

function send(child: ChildProcess, message: ToJob): void {
  // A child that has just died is reported by its end; the message is no longer needed then.
  if (child.connected) child.send(message, () => {});
}

/** Libraries write to the job's standard streams; that belongs into the run's log. Keeps the last lines, for the obituary. */
function forwardOutput(child: ChildProcess, listener: JobListener): { tail: string[]; saysMemory: boolean } {
  const output = { tail: [] as string[], saysMemory: false };
  const { tail } = output;
  for (const stream of [child.stdout!, child.stderr!]) {
    createInterface({ input: stream }).on('line', (line) => {
      if (!line.trim()) return;
      output.saysMemory ||= isAboutMemory(line);
      tail.push(line.slice(0, 300));
      if (tail.length > 3) tail.shift();
      listener.log('info', line);
    });
  }
  return output;
}

/** How V8, C++ and TensorFlow say that there is no memory left. */
export function isAboutMemory(text: string): boolean {
  return /heap out of memory|std::bad_alloc|OOM when allocating|RESOURCE_EXHAUSTED|Cannot allocate memory|Array buffer allocation failed/.test(text);
}

/** Processes that Linux has ended for want of memory since it started; 0 where it does not say. */
function memoryKills(): number {
  try {
    return Number(/^oom_kill (\d+)$/m.exec(readFileSync('/proc/vmstat', 'utf8'))?.[1] ?? 0);
  } catch {
    return 0;
  }
}
