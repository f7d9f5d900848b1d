/** Runs a program and keeps what it says. */
import { spawn } from 'node:child_process';

/**
 * @param {string} program
 * @param {string[]} args
 * @param {{ cwd?: string, env?: NodeJS.ProcessEnv, show?: boolean }} [options] show: pass its output on to standard error as well
 * @returns {Promise<{ code: number | null, output: string }>} rejects when the program cannot be started (ENOENT)
 */
export function runCommand(program, args, { cwd, env = process.env, show = false } = {}) {
  return new Promise((resolve, reject) => {
    const child = spawn(program, args, { cwd, env, stdio: ['ignore', 'pipe', 'pipe'] });
    let output = '';
    for (const stream of [child.stdout, child.stderr]) {
      stream.on('data', (chunk) => {
        output = (output + String(chunk)).slice(-200_000);
        if (show) process.stderr.write(chunk);
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
