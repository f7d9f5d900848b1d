/** Hugging Face's trainer_state.json: what the Trainer logged. */
import { existsSync, statSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { z } from 'zod';
import { CriaError } from '../../shared/errors.ts';
import { foreignFile, readBounded } from '../disk/foreignFile.ts';
import type { Reading } from './reading.ts';

const trainerState = z.object({ log_history: z.array(z.looseObject({ step: z.number() })) });

const CONFIG = 'config.json';
/** A Trainer that logs each of a million steps writes 200 bytes a step. */
const MAX_STATE_BYTES = 256e6;
const MAX_CONFIG_BYTES = 1e6;

const NOT_FINITE = /^(NaN|-?Infinity)$/;

/** The state of a checkpoint or of a finished training; the model's config beside it is read along. */
export function* readTrainerState(path: string): Generator<Reading> {
  const { log_history: history } = parse(path);
  if (existsSync(join(dirname(path), CONFIG))) {
    // Of the folder's files this one is JSON; training_args.bin is a pickle, which could run anything.
    yield { about: { config: { model: JSON.parse(readBounded(foreignFile(dirname(path), CONFIG, 'bad-input'), MAX_CONFIG_BYTES, 'bad-input')) as unknown } } };
  }
  for (const { step, ...entry } of history) {
    const values = Object.entries(entry).filter(([, value]) => typeof value === 'number' || NOT_FINITE.test(String(value)));
    yield { record: { step: Math.round(step), values: Object.fromEntries(values.map(([name, value]) => [name, Number(value)])) } };
  }
  const finishedAt = statSync(path).mtimeMs;
  const runtime = Number(history.findLast((entry) => typeof entry.train_runtime === 'number')?.train_runtime ?? 0);
  yield { about: { startedAt: finishedAt - 1000 * runtime, finishedAt } };
}

function parse(path: string): z.output<typeof trainerState> {
  try {
    // Python's json writes NaN and Infinity bare, which JSON has no words for.
    const text = readBounded(path, MAX_STATE_BYTES, 'bad-input').replaceAll(/(:\s*)(NaN|-?Infinity)(?=\s*[,}\]])/g, '$1"$2"');
    return trainerState.parse(JSON.parse(text));
  } catch (error) {
    throw new CriaError('bad-input', `${path} is no trainer_state.json of Hugging Face's Trainer: it has no log_history of steps.`, 'Choose one that the Trainer wrote.', { cause: error });
  }
}
