/** Which runs of other tools lie at a path. */
import { readdirSync, statSync, type Dirent } from 'node:fs';
import { basename, dirname, extname, join, relative, resolve } from 'node:path';
import { CriaError } from '../../shared/errors.ts';
import type { ForeignRun } from '../../shared/foreignRun.ts';
import { runsInCsv } from './csv.ts';

/** Deep enough for <output>/runs/<date>_<host>/ below a folder of projects. */
const MAX_DEPTH = 6;
const MAX_ENTRIES = 100_000;

const isEventFile = (name: string) => name.includes('.tfevents.');
const isTrainerState = (name: string) => name === 'trainer_state.json';
const isWandb = (name: string) => name.endsWith('.wandb');

/**
 * The runs that a file or a folder holds, by name. A folder is searched for event files, offline runs and trainer states; a table of
 * comma-separated values has to be named itself, as any folder may hold other tables.
 * @throws CriaError `not-found` when nothing is there or nothing in it is a run; `bad-input` for a table without curves
 */
export function findRuns(path: string): ForeignRun[] {
  const root = resolve(path);
  const stats = statSync(root, { throwIfNoEntry: false });
  if (!stats) throw new CriaError('not-found', `There is nothing at ${root}.`, 'Check the path.');
  const found = stats.isDirectory() ? inFolder(root) : inFile(root);
  if (!found.length) {
    throw new CriaError('not-found', `${root} holds no runs that Cria can read.`,
      'It reads TensorBoard event files, W&B offline runs (.wandb), W&B charts exported as CSV, tables with a column "step", and trainer_state.json.');
  }
  return found;
}

function inFile(path: string): ForeignRun[] {
  const name = basename(path);
  const folder = basename(dirname(path));
  if (isEventFile(name)) return [{ tool: 'tensorboard', paths: [path], part: null, name: folder }];
  if (isWandb(name)) return [{ tool: 'wandb', paths: [path], part: null, name: basename(name, '.wandb') }];
  if (isTrainerState(name)) return [{ tool: 'trainer', paths: [path], part: null, name: trainerName(path) }];
  if (extname(name) === '.csv') return runsInCsv(path).map((part) => ({ tool: 'csv' as const, paths: [path], part, name: part ?? basename(name, '.csv') }));
  return [];
}

function inFolder(root: string): ForeignRun[] {
  const runs: ForeignRun[] = [];
  /** Folder of a training -> its latest state; each checkpoint's state holds all that went before. */
  const states = new Map<string, { path: string; step: number }>();
  let seen = 0;
  const visit = (folder: string, depth: number) => {
    const files: string[] = [];
    for (const entry of entriesOf(folder)) {
      if (++seen > MAX_ENTRIES) throw new CriaError('bad-input', `${root} holds more than ${MAX_ENTRIES} files.`, 'Choose a folder further inside.');
      const path = join(folder, entry.name);
      if (entry.isDirectory() && depth < MAX_DEPTH) visit(path, depth + 1);
      else if (entry.isFile()) files.push(entry.name);
    }
    const events = files.filter(isEventFile).sort();
    const name = relative(root, folder).replaceAll('\\', '/') || basename(root);
    // The writer's time stands first in the name, so that names sort by it.
    if (events.length) runs.push({ tool: 'tensorboard', paths: events.map((file) => join(folder, file)), part: null, name });
    for (const file of files.filter(isWandb)) runs.push({ tool: 'wandb', paths: [join(folder, file)], part: null, name: basename(file, '.wandb') });
    if (files.some(isTrainerState)) {
      const checkpoint = /^checkpoint-(\d+)$/.exec(basename(folder));
      const training = checkpoint ? dirname(folder) : folder;
      // The state in the training's own folder is written at its end.
      const step = checkpoint ? Number(checkpoint[1]) : Infinity;
      if (step > (states.get(training)?.step ?? -1)) states.set(training, { path: join(folder, 'trainer_state.json'), step });
    }
  };
  visit(root, 0);
  for (const { path } of states.values()) runs.push({ tool: 'trainer', paths: [path], part: null, name: trainerName(path) });
  return runs.sort((a, b) => a.name.localeCompare(b.name, 'en', { numeric: true }));
}

/** A folder that may not be read is passed over; there may be more beside it. */
function entriesOf(folder: string): Dirent[] {
  try {
    return readdirSync(folder, { withFileTypes: true });
  } catch {
    return [];
  }
}

function trainerName(path: string): string {
  const folder = dirname(path);
  return /^checkpoint-\d+$/.test(basename(folder)) ? basename(dirname(folder)) : basename(folder);
}
