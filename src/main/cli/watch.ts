/** Follows a run from a terminal: progress bar and log on standard error, and what Ctrl-C means. */
import { SingleBar, Presets } from 'cli-progress';
import pc from 'picocolors';
import { CriaError, fromWireError, type ErrorCode } from '../../shared/errors.ts';
import { ENDED_STATES } from '../../shared/jobs.ts';
import type { Progress } from '../../shared/progress.ts';
import type { RunDetail } from '../../shared/records.ts';
import type { EngineClient } from '../../shared/protocol.ts';
import { formatDuration, formatQuantity } from './format.ts';

const FINAL: ReadonlySet<string> = new Set(ENDED_STATES);

export interface WatchOptions {
  /** Print the run's log lines too. */
  log?: boolean;
}

/**
 * Waits for a run's end. Ctrl-C once asks it to finish its step, save and stop; twice ends it at once.
 *
 * @returns the finished run
 * @throws CriaError what the run failed with
 */
export async function watchRun(client: EngineClient, runId: string, options: WatchOptions = {}): Promise<RunDetail> {
  const display = process.stderr.isTTY ? new BarDisplay() : new LineDisplay();
  let interrupts = 0;
  const onInterrupt = () => {
    interrupts++;
    display.note(interrupts === 1 ? 'Stopping after this step; Ctrl-C again ends it at once.' : 'Ending it now.');
    client.request('run.stop', { runId }).catch(() => {
      // It ended in the meantime; its end arrives by itself.
    });
  };
  process.on('SIGINT', onInterrupt);
  const unsubscribe = [
    client.on('run.progressed', (event) => {
      if (event.runId === runId) display.progress(event.progress);
    }),
    client.on('run.logged', (event) => {
      if (event.runId !== runId) return;
      if (event.line.level === 'warning') display.note(pc.yellow(`warning: ${event.line.message}`));
      else if (event.line.level === 'error') display.note(pc.red(event.line.message));
      else if (options.log) display.note(pc.dim(event.line.message));
    }),
  ];
  try {
    await new Promise<void>((resolve, reject) => {
      unsubscribe.push(client.on('run.changed', (run) => {
        if (run.id !== runId) return;
        if (run.state === 'waiting') display.note('Waiting for the run before it to end.');
        if (run.state === 'paused' && run.error) display.note(`${run.error.message} ${run.error.hint} It goes on by itself; Ctrl-C stops it.`);
        else if (FINAL.has(run.state)) resolve();
      }));
      client.onClose(() => reject(new CriaError('internal', 'The engine is gone.', `See \`cria runs\`; \`cria resume ${runId}\` goes on.`)));
      // It may have ended before the listener was there.
      client.request('run.get', { run: runId }).then((run) => {
        if (FINAL.has(run.state) && !(run.state === 'paused' && run.error)) resolve();
      }, reject);
    });
  } finally {
    process.off('SIGINT', onInterrupt);
    for (const off of unsubscribe) off();
    display.end();
  }
  const run = await client.request('run.get', { run: runId });
  if (run.state === 'done') return run;
  if (run.error) throw fromWireError({ ...run.error, code: run.error.code as ErrorCode });
  throw new CriaError('cancelled', `Run ${runId} was stopped.`, `\`cria resume ${runId}\` goes on.`);
}

interface Display {
  progress(progress: Progress): void;
  note(text: string): void;
  end(): void;
}

/** A bar per label, for people. */
class BarDisplay implements Display {
  #bar: SingleBar | null = null;
  #label = '';
  #started = 0;

  progress({ label, done, total, unit, detail }: Progress): void {
    if (label !== this.#label || !this.#bar) {
      this.end();
      this.#label = label;
      this.#started = performance.now();
      this.#bar = new SingleBar(
        { stream: process.stderr, format: '{label} {bar} {percentage} % | {amount} | {left}{detail}', barsize: 24, hideCursor: true, noTTYOutput: false },
        Presets.shades_classic,
      );
      this.#bar.start(Math.max(total, 1), done, { label, amount: '', left: '', detail: '' });
    }
    const elapsed = (performance.now() - this.#started) / 1000;
    const left = done > 0 && done < total && elapsed > 2 ? `${formatDuration((elapsed / done) * (total - done))} left` : '';
    const amount = amountOf(done, total, unit);
    this.#bar.setTotal(Math.max(total, 1));
    this.#bar.update(done, { label, amount, left, detail: detail ? `  ${detail}` : '' });
  }

  note(text: string): void {
    if (this.#bar) process.stderr.write('\n');
    process.stderr.write(`${text}\n`);
  }

  end(): void {
    this.#bar?.stop();
    this.#bar = null;
  }
}

/** "12 of 600 steps", "1.0 MB of 17.1 MB": sizes carry their unit already. */
function amountOf(done: number, total: number, unit: string): string {
  const amount = `${formatQuantity(done, unit)} of ${formatQuantity(total, unit)}`;
  return unit === 'bytes' ? amount : `${amount} ${unit}`;
}

/** A line now and then, for log files. */
class LineDisplay implements Display {
  #label = '';
  #next = 0;

  progress({ label, done, total, unit, detail }: Progress): void {
    const now = performance.now();
    if (label === this.#label && done < total && now < this.#next) return;
    this.#label = label;
    this.#next = now + LINE_INTERVAL_MS;
    process.stderr.write(`${label}: ${amountOf(done, total, unit)}${detail ? `  ${detail}` : ''}\n`);
  }

  note(text: string): void {
    process.stderr.write(`${text}\n`);
  }

  end(): void {}
}

const LINE_INTERVAL_MS = 10_000;
