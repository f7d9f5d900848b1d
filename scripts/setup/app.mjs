/** Set-up as a packaged app's window uses it (src/main/shell/setupFlow.ts): the same steps, told of one by one. */
import { cacheFolder } from './environment.mjs';
import { nodePath } from './node.mjs';
import { isComplete, PACKAGED_STEPS, perform } from './setup.mjs';
import { variant } from './tensorflow.mjs';

export const names = PACKAGED_STEPS.map(({ name }) => name);
export { nodePath };

export const isPrepared = () => isComplete(PACKAGED_STEPS);

/** What it takes, to be said before anything is fetched. */
export const needs = () => ({ folder: cacheFolder(), download: variant() === 'gpu' ? 'about 3 GB' : 'about 340 MB', disk: variant() === 'gpu' ? '9 GB' : '1.6 GB' });

/** @param {import('./setup.mjs').Listener} listener */
export const prepare = (listener) => perform(PACKAGED_STEPS, listener);
