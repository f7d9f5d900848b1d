/** Runs a program and keeps what it says. */
import { spawn } from 'node:child_process';

/**
 * What a step is given to tell of itself and to be stopped by.
 * @typedef {object} Context
 * @property {(text: string) => void} say a line about what it does now
 * @property {(done: number, total: number) => void} [progress] bytes of a download; without it, programs show their own on standard error
 * @property {AbortSignal} [signal] ends the programs that it has started
 */

/**
 * @param {string} program
 * @param {string[]} args
 * @param {{ cwd?: string, env?: NodeJS.ProcessEnv, show?: boolean, onLine?: (line: string) => void, signal?: AbortSignal }} [options] show: pass its output on to standard error as well
 * @returns {Promise<{ code: number | null, output: string }>} rejects when the program cannot be started (ENOENT) or is stopped by the signal
 */
export function runCommand(program, args, { cwd, env = process.env, show = false, onLine, signal } = {}) {
  return new Promise((resolve, reject) => {
    const child = spawn(program, args, { cwd, env, signal, stdio: ['ignore', 'pipe', 'pipe'] });
    let output = '';
    for (const stream of [child.stdout, child.stderr]) {
      stream.on('data', (chunk) => {
        const text = String(chunk);
        output = (output + text).slice(-200_000);
        if (show) process.stderr.write(chunk);
        if (onLine) for (const line of text.split(/[\r\n]+/)) if (line) onLine(line);
      });
    }
    child.once('error', reject);
    child.once('close', (code) => resolve({ code, output }));
  });
}

/**
 * The line of a program's output that says most: the last one that looks like an error, else the last.
 * @param {string} output
 */
export function lastWords(output) {
  const lines = output.split(/[\r\n]+/).map((line) => line.trim()).filter(Boolean);
  return lines.findLast?.((line) => /error|cannot|failed/i.test(line)) ?? lines.at(-1) ?? 'it said nothing';
}
