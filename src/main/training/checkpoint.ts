/**
 * Checkpoints: everything that a run needs to go on as if nothing had happened. A checkpoint is a folder that appears under its name in
 * one rename, after all its files are on the disk; its last file lists the sizes of the others, and without it nothing counts.
 *
 * Data order, learning rate and dropout are functions of seed and step, so the step says all about them.
 */
import { copyFileSync, existsSync, linkSync, mkdirSync, readdirSync, readFileSync, renameSync, rmSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { z } from 'zod';
import { CriaError } from '../../shared/errors.ts';
import { syncFile, writeFolderAtomic, writeJsonAtomic } from '../disk/atomic.ts';
import { SafetensorsFile, writeSafetensors, type TensorSource } from '../models/safetensors.ts';
import { METRIC_FILE } from '../queue/jobMessages.ts';
import type { Program } from '../tensorflow/program.ts';
import type { Variable } from '../tensorflow/tf.ts';
import { KEPT_WEIGHTS } from './runFiles.ts';

const VERSION = 1;
const WEIGHTS = 'weights.safetensors';
const OPTIMISER = 'optimiser.safetensors';
const STATE = 'state.json';
const COMPLETE = 'complete.json';

const headSchema = z.object({ format: z.literal('cria-checkpoint'), version: z.literal(VERSION) });

/** What every kind of training has to remember; more than that is its own. */
export interface CheckpointState {
  /** Optimiser steps done. */
  step: number;
  /** The checkpoint to keep beside the newest; null before the first evaluation. */
  best: { step: number } | null;
}

const trainingState = z.object({
  /** Optimiser steps done. */
  step: z.int().min(0),
  /** Tokens seen. */
  tokens: z.int().min(0),
  /** Seconds of training, pauses left out. */
  seconds: z.number().min(0),
  /** Best evaluation so far; null before the first. */
  best: z.object({ step: z.int(), evalLossNats: z.number() }).nullable(),
  /** Sums since the last logged step, so that a resumed run logs the same means. */
  window: z.object({ steps: z.int(), sums: z.record(z.string(), z.number()) }),
});

export type TrainingState = z.infer<typeof trainingState>;

type Variables = ReadonlyMap<string, Variable>;

export class Checkpoints<State extends CheckpointState = TrainingState> {
  readonly #folder: string;
  readonly #metrics: string;
  readonly #kept: string;
  readonly #program: Program;
  readonly #schema: z.ZodType<State>;

  /**
   * @param folder the run's own folder, or what in it is trained by itself
   * @param program the one that weights and optimiser state belong to
   * @param schema what this kind of training has to remember; left out, that of {@link TrainingState}
   */
  constructor(folder: string, program: Program, schema?: z.ZodType<State>) {
    this.#metrics = join(folder, METRIC_FILE);
    this.#folder = join(folder, 'checkpoints');
    this.#kept = join(folder, KEPT_WEIGHTS);
    this.#program = program;
    this.#schema = schema ?? (trainingState as unknown as z.ZodType<State>);
  }

  /**
   * Writes a checkpoint, then removes those that are neither it nor the best one. Until it is whole, the earlier ones stay.
   * @throws CriaError `no-space` and other system errors; the earlier checkpoints are unharmed then
   */
  async save(state: State, parameters: Variables, optimiser: Variables): Promise<void> {
    const name = folderName(state.step);
    this.#removeUnfinished();
    if (this.#isComplete(name)) rmSync(join(this.#folder, name), { recursive: true }); // The same step again, from a resumed run.
    try {
      await writeFolderAtomic(join(this.#folder, name), (folder) => {
        writeSafetensors(join(folder, WEIGHTS), this.#sources(parameters));
        writeSafetensors(join(folder, OPTIMISER), this.#sources(optimiser));
        writeJsonAtomic(join(folder, STATE), { format: 'cria-checkpoint', version: VERSION, ...state });
        // A checkpoint must not outlive the metrics before it: what comes after it is measured again, they are not.
        syncFile(this.#metrics);
        const sizes = Object.fromEntries([WEIGHTS, OPTIMISER, STATE].map((file) => [file, statSync(join(folder, file)).size]));
        writeJsonAtomic(join(folder, COMPLETE), sizes);
      });
    } catch (error) {
      const { code } = error as NodeJS.ErrnoException;
      if (code !== 'ENOSPC' && code !== 'EDQUOT') throw error;
      throw new CriaError('no-space', `There is no room for the checkpoint of step ${state.step} in ${this.#folder}.`,
        'The run goes on when there is room; the checkpoint before it is unharmed.', { cause: error });
    }
    for (const other of this.#complete()) {
      if (other !== name && other !== folderName(state.best?.step ?? -1)) rmSync(join(this.#folder, other), { recursive: true, force: true });
    }
  }

  /** Keeps the weights of a step's checkpoint beyond its life, for learning curves. They are linked, not copied, where the disk can. */
  keepWeights(step: number): void {
    mkdirSync(this.#kept, { recursive: true });
    const source = join(this.#folder, folderName(step), WEIGHTS);
    const target = join(this.#kept, `${folderName(step)}.safetensors`);
    const temporary = `${target}.${process.pid}.tmp`;
    rmSync(temporary, { force: true });
    try {
      linkSync(source, temporary);
    } catch {
      copyFileSync(source, temporary); // File systems without hard links.
    }
    renameSync(temporary, target);
  }

  /** State of the newest whole checkpoint; null when there is none. */
  newest(): State | null {
    const name = this.#complete().at(-1);
    return name === undefined ? null : this.#readState(name);
  }

  /** Puts the weights of a step's checkpoint, and the optimiser's state where asked for, into the variables. */
  restore(step: number, parameters: Variables, optimiser: Variables | null): void {
    const folder = join(this.#folder, folderName(step));
    this.#assignAll(join(folder, WEIGHTS), parameters);
    if (optimiser) this.#assignAll(join(folder, OPTIMISER), optimiser);
  }

  /** A parameter's values at a step, from its checkpoint, without touching any variable. */
  openWeights(step: number): SafetensorsFile {
    return new SafetensorsFile(join(this.#folder, folderName(step), WEIGHTS));
  }

  /** Names of the whole checkpoints, oldest first. */
  #complete(): string[] {
    if (!existsSync(this.#folder)) return [];
    return readdirSync(this.#folder).filter((name) => this.#isComplete(name)).sort();
  }

  #isComplete(name: string): boolean {
    if (!/^step-\d+$/.test(name)) return false;
    const folder = join(this.#folder, name);
    try {
      const sizes = JSON.parse(readFileSync(join(folder, COMPLETE), 'utf8')) as Record<string, number>;
      return [WEIGHTS, OPTIMISER, STATE].every((file) => statSync(join(folder, file)).size === sizes[file]);
    } catch {
      return false; // Not there, or cut short: it does not count.
    }
  }

  #readState(name: string): State {
    const path = join(this.#folder, name, STATE);
    const json: unknown = JSON.parse(readFileSync(path, 'utf8'));
    const parsed = this.#schema.safeParse(json);
    if (headSchema.safeParse(json).success && parsed.success) return parsed.data;
    throw new CriaError('too-new', `${path} was not written by this version of Cria.`, 'Resume the run with the version that started it.');
  }

  #sources(variables: Variables): Map<string, TensorSource> {
    const tensors = new Map<string, TensorSource>();
    for (const [name, variable] of variables) tensors.set(name, { shape: variable.shape, values: () => this.#program.read(variable) });
    return tensors;
  }

  #assignAll(path: string, variables: Variables): void {
    // Read when they are wanted, so that they are never all in memory at once.
    for (const [name, variable] of variables) this.#program.write(variable, () => readOne(path, name));
  }

  /** A kill in the middle of saving leaves a folder with a temporary name. */
  #removeUnfinished(): void {
    if (!existsSync(this.#folder)) return;
    for (const name of readdirSync(this.#folder)) {
      if (!this.#isComplete(name)) rmSync(join(this.#folder, name), { recursive: true, force: true });
    }
  }
}

/** Sorts by step as text, too. */
function folderName(step: number): string {
  return `step-${String(step).padStart(9, '0')}`;
}

function readOne(path: string, name: string): Float32Array {
  const file = new SafetensorsFile(path);
  try {
    return file.readFloats(name);
  } finally {
    file.close();
  }
}
