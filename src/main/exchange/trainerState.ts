/** Hugging Face's trainer_state.json: what the Trainer logged. */
import { existsSync, readFileSync, statSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { z } from 'zod';
import { CriaError } from '../../shared/errors.ts';
import type { Reading } from './reading.ts';

const trainerState = z.object({ log_history: z.array(z.looseObject({ step: z.number() })) });

const NOT_FINITE = /^(NaN|-?Infinity)$/;

/** The state of a checkpoint or of a finished training; the model's config beside it is read along. */
export function* readTrainerState(path: string): Generator<Reading> {
  const { log_history: history } = parse(path);
  const config = join(dirname(path), 'config.json');
  if (existsSync(config)) {
    // Of the folder's files this one is JSON; training_args.bin is a pickle, which could run anything.
    yield { about: { config: { model: JSON.parse(readFileSync(config, 'utf8')) as unknown } } };
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
    const text = readFileSync(path, 'utf8').replaceAll(/(:\s*)(NaN|-?Infinity)(?=\s*[,}\]])/g, '$1"$2"');
    return trainerState.parse(JSON.parse(text));
  } catch (error) {
    throw new CriaError('bad-input', `${path} is no trainer_state.json of Hugging Face's Trainer: it has no log_history of steps.`, 'Choose one that the Trainer wrote.', { cause: error });
  }
}
