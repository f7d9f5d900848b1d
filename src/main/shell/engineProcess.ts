/** Starts the engine's process and learns from it where it listens. */
import { spawn, type ChildProcess } from 'node:child_process';
import { z } from 'zod';
import { CriaError, fromWireError, type ErrorCode } from '../../shared/errors.ts';

export interface EngineCommand {
  /** The Node to run it with: the one that set-up has checked the native modules with. */
  node: string;
  /** Path of engineProcess.js (src/main/engineProcess.ts). */
  entry: string;
  workspace: string;
}

export interface EngineProcess {
  readonly pid: number;
  readonly address: string;
  /** Settles when the process is gone; never rejects. */
  readonly ended: Promise<void>;
  /** Asks it to save what runs and to end. */
  end(): void;
  /** Ends it at once. */
  kill(): void;
}

const firstLine = z.union([
  z.object({ address: z.string().min(1) }),
  z.object({ error: z.object({ code: z.string(), message: z.string(), hint: z.string() }) }),
]);

/** A start takes a second; a large store's migration takes longer. */
const START_LIMIT_MS = 120_000;
const MAX_LINE_LENGTH = 1 << 20;

/** @throws CriaError what the engine says is wrong, e.g. `busy`, or `internal` when it says nothing */
export async function startEngineProcess({ node, entry, workspace }: EngineCommand): Promise<EngineProcess> {
  const child = spawn(node, ['--disable-warning=ExperimentalWarning', entry, workspace], { stdio: ['pipe', 'pipe', 'inherit'] });
  // Writing to a process that has just died is no news: `ended` tells.
  child.stdin.on('error', () => {});
  const ended = new Promise<void>((resolve) => {
    child.once('exit', () => resolve());
    child.once('error', () => resolve());
  });
  try {
    const said = firstLine.safeParse(parseLine(await readFirstLine(child)));
    if (!said.success) throw new CriaError('internal', 'The engine said something else than where it listens.', 'Run set-up again (npm start); the build may be of another version.');
    if ('error' in said.data) {
      const { code, message, hint } = said.data.error;
      throw fromWireError({ code: code as ErrorCode, message, hint });
    }
    return { pid: child.pid!, address: said.data.address, ended, end: () => child.stdin.end(), kill: () => void child.kill('SIGKILL') };
  } catch (error) {
    child.kill('SIGKILL');
    throw error;
  }
}

function parseLine(line: string): unknown {
  try {
    return JSON.parse(line);
  } catch {
    return null;
  }
}

function readFirstLine(child: ChildProcess): Promise<string> {
  return new Promise((resolve, reject) => {
    let text = '';
    const fail = (message: string) => reject(new CriaError('internal', message, 'The terminal that Cria was started from has what it said.'));
    const timer = setTimeout(() => fail(`The engine did not start within ${START_LIMIT_MS / 1000} s.`), START_LIMIT_MS);
    child.once('error', (error) => fail(`The engine could not be started: ${error.message}.`));
    // Not `exit`: what it wrote last may still be on its way then.
    child.once('close', (code, signal) => fail(`The engine ended as it started (${signal ?? `code ${code}`}).`));
    const stdout = child.stdout!;
    stdout.setEncoding('utf8');
    stdout.on('data', (chunk: string) => {
      if (text.includes('\n')) return; // What comes later is read, so that the pipe does not fill, and dropped.
      text += chunk;
      if (text.length > MAX_LINE_LENGTH) fail('The engine said too much as it started.');
      if (!text.includes('\n')) return;
      clearTimeout(timer);
      resolve(text.slice(0, text.indexOf('\n')));
    });
    child.once('close', () => clearTimeout(timer));
  });
}
