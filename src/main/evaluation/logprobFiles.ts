/**
 * Per-pair log-probabilities on disk, one file per model, suite and subtask: how a job hands them to the engine, and how an evaluation
 * that was interrupted knows what is done. No TensorFlow in here: the engine reads these.
 */
import { createHash } from 'node:crypto';
import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { CriaError } from '../../shared/errors.ts';
import type { SuiteScore } from '../../shared/results.ts';
import { isSafeName, writeFileAtomic } from '../disk/atomic.ts';

/** Everything that was measured on one subtask. */
export interface SubtaskLogprobs {
  subtask: string;
  phenomenon: string | null;
  /** Nats, interleaved in the order of the items: good 0, bad 0, good 1, bad 1, ... */
  logprobs: Float64Array;
}

/** 8 bytes of magic, 32 bytes of SHA-256 of what was scored, then little-endian float64. */
const MAGIC = Buffer.from('CRIALP01', 'latin1');
const HEADER_BYTES = MAGIC.length + 32;

/**
 * @param runFolder the run's own folder
 * @param digest SHA-256 (hexadecimal) of what was scored; a file with another one does not count as done
 */
export function writeLogprobs(runFolder: string, model: string, suite: string, subtask: string, digest: string, logprobs: Float64Array): void {
  const values = Buffer.alloc(logprobs.length * 8);
  logprobs.forEach((value, i) => values.writeDoubleLE(value, i * 8));
  writeFileAtomic(logprobPath(runFolder, model, suite, subtask), (append) => {
    append(MAGIC);
    append(Buffer.from(digest, 'hex'));
    append(values);
  });
}

/** What an earlier start of the same job measured; null when there is nothing, or it was measured on something else. */
export function readLogprobs(runFolder: string, model: string, suite: string, subtask: string, digest: string | null): Float64Array | null {
  const path = logprobPath(runFolder, model, suite, subtask);
  if (!existsSync(path)) return null;
  const bytes = readFileSync(path);
  const whole = bytes.length >= HEADER_BYTES && (bytes.length - HEADER_BYTES) % 16 === 0 && bytes.subarray(0, MAGIC.length).equals(MAGIC);
  if (!whole || (digest !== null && bytes.subarray(MAGIC.length, HEADER_BYTES).toString('hex') !== digest)) return null;
  return Float64Array.from({ length: (bytes.length - HEADER_BYTES) / 8 }, (_, i) => bytes.readDoubleLE(HEADER_BYTES + i * 8));
}

/**
 * The log-probabilities behind a score, for the store.
 * @throws CriaError `not-found` when a file is missing or does not hold as many items as the score says
 */
export function readSuiteLogprobs(runFolder: string, score: SuiteScore): SubtaskLogprobs[] {
  return score.subtasks.map(({ subtask, phenomenon, items }) => {
    const logprobs = readLogprobs(runFolder, score.model, score.suite, subtask, null);
    if (logprobs === null || logprobs.length !== 2 * items) {
      throw new CriaError('not-found', `The log-probabilities of ${score.model} on ${score.suite}/${subtask} are missing in ${runFolder}.`,
        'Run the evaluation again.');
    }
    return { subtask, phenomenon, logprobs };
  });
}

function logprobPath(runFolder: string, model: string, suite: string, subtask: string): string {
  return join(runFolder, 'scores', fileName(model), fileName(suite), `${fileName(subtask)}.f64`);
}

/** Models of foreign folders and own suites may have names that cannot be file names; those get a hash instead. */
export function fileName(name: string): string {
  return isSafeName(name) ? name : `other-${createHash('sha256').update(name).digest('hex').slice(0, 16)}`;
}
