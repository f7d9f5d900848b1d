/** Set-up: a list of steps, each of which knows whether it is done. It can be killed at any point and goes on where it was. */
import { mkdirSync } from 'node:fs';
import { bindingStep, checkStep } from './binding.mjs';
import { buildStep } from './build.mjs';
import { electronStep } from './electron.mjs';
import { cacheFolder } from './environment.mjs';
import { explain } from './failure.mjs';
import { withLock } from './lock.mjs';
import { isNewEnough, nodePath, nodeStep } from './node.mjs';
import { packagesStep } from './packages.mjs';
import { tensorflowStep } from './tensorflow.mjs';

/**
 * @typedef {object} Step
 * @property {string} name
 * @property {() => boolean} isDone may throw while what an earlier step brings is missing
 * @property {(context: import('./command.mjs').Context) => Promise<void>} run
 */

/** In this order: each may rely on those before it. */
export const STEPS = [packagesStep, tensorflowStep, bindingStep, checkStep, buildStep, electronStep];

/** What is left to do for a packaged app, which comes built and with its packages. */
export const PACKAGED_STEPS = [nodeStep, tensorflowStep, bindingStep, checkStep];

/**
 * @typedef {object} Listener
 * @property {(text: string) => void} say
 * @property {(step: number, state: 'running' | 'done') => void} [onStep]
 * @property {(done: number, total: number) => void} [progress]
 * @property {AbortSignal} [signal]
 */

/** A terminal hears it line by line. @type {Listener} */
const terminal = { say: (text) => void process.stderr.write(`${text}\n`) };

/**
 * Does what is not done yet.
 * @param {Step[]} steps
 * @param {Listener} [listener]
 * @throws {import('./failure.mjs').SetupFailure} what is wrong, with its fix; or the signal's reason once it has been raised
 */
export async function perform(steps, { say, onStep, progress, signal } = terminal) {
  try {
    mkdirSync(cacheFolder(), { recursive: true });
    await withLock(cacheFolder(), say, async () => {
      for (const [index, step] of steps.entries()) {
        signal?.throwIfAborted();
        if (!step.isDone()) await performStep(step, () => onStep?.(index, 'running'), { say, progress, signal });
        // Perhaps another set-up did it while this one waited.
        onStep?.(index, 'done');
      }
    }, signal);
  } catch (error) {
    signal?.throwIfAborted();
    throw explain(error, 'Set-up');
  }
}

/** @param {Step} step @param {() => void} onStart @param {import('./command.mjs').Context} context */
async function performStep(step, onStart, { say, progress, signal }) {
  const started = Date.now();
  onStart();
  say(`Set-up: ${step.name} ...`);
  try {
    await step.run({ say: (text) => say(`Set-up: ${text}`), progress, signal });
  } catch (error) {
    throw explain(error, step.name);
  }
  say(`Set-up: ${step.name} is ready (${((Date.now() - started) / 1000).toFixed(1)} s)`);
}

/** The Node that Cria runs on; fetched first when this one is too old. */
export async function prepareNode() {
  if (isNewEnough()) return process.execPath;
  if (!nodeStep.isDone()) await perform([nodeStep]);
  return nodePath();
}

/** @param {Step[]} steps */
export function isComplete(steps) {
  return steps.every((step) => {
    try {
      return step.isDone();
    } catch {
      return false; // It looks at what an earlier step has yet to bring.
    }
  });
}

/** Everything else, once Cria's Node runs. Returns at once when nothing is to do. */
export async function prepare() {
  if (!isComplete(STEPS)) await perform(STEPS);
}
