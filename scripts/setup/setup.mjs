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

/** In this order: each may rely on those before it. */
export const STEPS = [packagesStep, tensorflowStep, bindingStep, checkStep, buildStep, electronStep];

const say = (/** @type {string} */ text) => process.stderr.write(`${text}\n`);

/** @param {typeof STEPS} steps */
async function perform(steps) {
  mkdirSync(cacheFolder(), { recursive: true });
  await withLock(cacheFolder(), say, async () => {
    for (const step of steps) {
      if (step.isDone()) continue; // Perhaps another set-up did it while this one waited.
      const started = Date.now();
      say(`Set-up: ${step.name} ...`);
      try {
        await step.run((/** @type {string} */ text) => say(`Set-up: ${text}`));
      } catch (error) {
        throw explain(error, step.name);
      }
      say(`Set-up: ${step.name} is ready (${((Date.now() - started) / 1000).toFixed(1)} s)`);
    }
  }).catch((error) => {
    throw explain(error, 'Set-up');
  });
}

/** The Node that Cria runs on; fetched first when this one is too old. */
export async function prepareNode() {
  if (isNewEnough()) return process.execPath;
  if (!nodeStep.isDone()) await perform([nodeStep]);
  return nodePath();
}

/** Everything else, once Cria's Node runs. Returns at once when nothing is to do. */
export async function prepare() {
  const missing = STEPS.some((step) => {
    try {
      return !step.isDone();
    } catch {
      return true; // It looks at what an earlier step has yet to bring.
    }
  });
  if (missing) await perform(STEPS);
}
