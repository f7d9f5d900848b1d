/** What is fuzzed: one target per kind of input that comes from outside. */
import type fc from 'fast-check';
import { CriaError } from '../../src/shared/errors.ts';

export interface Target {
  name: string;
  inputs: fc.Arbitrary<unknown>;
  /** Takes an input. Whatever it throws is a bug; an input that is refused as it should be is told by `false`. */
  run(input: unknown): boolean | Promise<boolean>;
  close?(): Promise<void> | void;
}

/** Makes a target ready; `folder` is empty and its own. */
export type MakeTarget = (folder: string) => Target | Promise<Target>;

/** Runs an action that may refuse its input: by a CriaError that says so, never by an internal one. */
export async function takes(action: () => unknown): Promise<boolean> {
  try {
    await action();
    return true;
  } catch (error) {
    if (error instanceof CriaError && error.code !== 'internal' && error.message) return false;
    throw error;
  }
}
