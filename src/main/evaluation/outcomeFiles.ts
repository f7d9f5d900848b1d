/**
 * What was measured item by item, on disk, one file per model, suite and subtask: how a job hands it to the engine, and how an evaluation
 * that was interrupted knows what is done. No TensorFlow in here: the engine reads these.
 */
import { createHash } from 'node:crypto';
import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { CriaError } from '../../shared/errors.ts';
import { itemCount, type Outcome } from '../../shared/outcomes.ts';
import type { SubtaskScore, SuiteScore } from '../../shared/results.ts';
import { isSafeName, writeFileAtomic } from '../disk/atomic.ts';

/** Which measurement a file holds. */
export interface OutcomePlace {
  /** The run's own folder. */
  runFolder: string;
  model: string;
  /** Optimiser steps of the checkpoint that was measured; null: the finished model. */
  step: number | null;
  suite: string;
}

/** 8 bytes of magic, 32 bytes of SHA-256 of what was measured, then little-endian float64 (log-probabilities) or int32 (class, label, ...). */
const KINDS = {
  choice: { magic: Buffer.from('CRIALP01', 'latin1'), extension: 'f64', bytes: 16 },
  'fine-tuning': { magic: Buffer.from('CRIACL01', 'latin1'), extension: 'i32', bytes: 8 },
} as const;
const HEADER_BYTES = 8 + 32;

/** @param digest SHA-256 (hexadecimal) of what was measured; a file with another one does not count as done */
export function writeOutcome(place: OutcomePlace, digest: string, outcome: Outcome): void {
  const { magic, bytes } = KINDS[outcome.kind];
  const items = itemCount(outcome);
  const values = Buffer.alloc(items * bytes);
  if (outcome.kind === 'choice') outcome.logprobs.forEach((value, i) => values.writeDoubleLE(value, 8 * i));
  else {
    for (let i = 0; i < items; i++) {
      values.writeInt32LE(outcome.predicted[i]!, 8 * i);
      values.writeInt32LE(outcome.labels[i]!, 8 * i + 4);
    }
  }
  writeFileAtomic(outcomePath(place, outcome.subtask, outcome.kind), (append) => {
    append(magic);
    append(Buffer.from(digest, 'hex'));
    append(values);
  });
}

type SubtaskHead = Pick<SubtaskScore, 'subtask' | 'phenomenon' | 'metric'>;

/**
 * What an earlier start of the same job measured; null when there is nothing, or it was measured on something else.
 * @param digest null: whatever it was measured on
 */
export function readOutcome(place: OutcomePlace, kind: Outcome['kind'], { subtask, phenomenon, metric }: SubtaskHead, digest: string | null): Outcome | null {
  const path = outcomePath(place, subtask, kind);
  if (!existsSync(path)) return null;
  const { magic, bytes: perItem } = KINDS[kind];
  const bytes = readFileSync(path);
  const whole = bytes.length >= HEADER_BYTES && (bytes.length - HEADER_BYTES) % perItem === 0 && bytes.subarray(0, magic.length).equals(magic);
  if (!whole || (digest !== null && bytes.subarray(magic.length, HEADER_BYTES).toString('hex') !== digest)) return null;
  const items = (bytes.length - HEADER_BYTES) / perItem;
  if (kind === 'choice') {
    return { kind, subtask, phenomenon, logprobs: Float64Array.from({ length: 2 * items }, (_, i) => bytes.readDoubleLE(HEADER_BYTES + 8 * i)) };
  }
  const column = (offset: number) => Int32Array.from({ length: items }, (_, i) => bytes.readInt32LE(HEADER_BYTES + 8 * i + offset));
  return { kind, subtask, phenomenon, metric, predicted: column(0), labels: column(4) };
}

/**
 * The measurements behind a score, for the store.
 * @throws CriaError `not-found` when a file is missing or does not hold as many items as the score says
 */
export function readOutcomes(runFolder: string, score: SuiteScore): Outcome[] {
  const place = { runFolder, model: score.model, step: score.step, suite: score.suite };
  return score.subtasks.map((subtask) => {
    const outcome = readOutcome(place, 'choice', subtask, null) ?? readOutcome(place, 'fine-tuning', subtask, null);
    if (outcome === null || itemCount(outcome) !== subtask.items) {
      throw new CriaError('not-found', `What ${score.model} answered on ${score.suite}/${subtask.subtask} is missing in ${runFolder}.`, 'Run the evaluation again.');
    }
    return outcome;
  });
}

function outcomePath({ runFolder, model, step, suite }: OutcomePlace, subtask: string, kind: Outcome['kind']): string {
  const checkpoint = step === null ? [] : [`step-${step}`];
  return join(runFolder, 'scores', fileName(model), ...checkpoint, fileName(suite), `${fileName(subtask)}.${KINDS[kind].extension}`);
}

/** Models of foreign folders and own suites may have names that cannot be file names; those get a hash instead. */
export function fileName(name: string): string {
  return isSafeName(name) ? name : `other-${createHash('sha256').update(name).digest('hex').slice(0, 16)}`;
}
