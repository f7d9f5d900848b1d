/** A Python process beside a bench: it is asked by a line on its standard input and answers with a line of JSON. */
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { JOB_ENVIRONMENT } from '../src/main/queue/jobProcess.ts';

export interface Peer {
  ask(line: string): Promise<unknown>;
  stop(): Promise<void>;
}

/** The environment that people run Python in: without what jobs of ours are given. */
function ownEnvironment(): NodeJS.ProcessEnv {
  return Object.fromEntries(Object.entries(process.env).filter(([name]) => !(name in JOB_ENVIRONMENT)));
}

/**
 * Starts peers/<script> and waits until it is ready.
 * @param first line it gets before it says so, if any
 * @returns null when that Python is not there or lacks the packages
 */
export async function startPeer(python: string, script: string, args: string[] = [], first?: string): Promise<Peer | null> {
  const child = spawn(python, [join(import.meta.dirname, 'peers', script), ...args], { stdio: ['pipe', 'pipe', 'inherit'], env: ownEnvironment() });
  child.stdin.on('error', () => {}); // Its end is told by the missing answer.
  const failed = once(child, 'error').then(() => null);
  const lines = createInterface({ input: child.stdout })[Symbol.asyncIterator]();
  const answer = async (): Promise<string | null> => {
    const line: IteratorResult<string, unknown> = await lines.next();
    return line.done ? null : line.value;
  };
  if (first !== undefined) child.stdin.write(`${first}\n`);
  if ((await Promise.race([answer(), failed])) === null) {
    process.stderr.write(`${python} cannot run ${script}; only Cria is measured.\n`);
    return null;
  }
  return {
    async ask(line) {
      child.stdin.write(`${line}\n`);
      const text = await answer();
      if (text === null) throw new Error(`${script} ended early`);
      return JSON.parse(text) as unknown;
    },
    async stop() {
      const closed = once(child, 'close');
      child.stdin.end();
      await closed;
    },
  };
}

export function median(values: readonly number[]): number {
  const sorted = [...values].sort((a, b) => a - b);
  return sorted[Math.floor((sorted.length - 1) / 2)]!;
}
