/** One set-up at a time in a cache: others wait. A lock whose process is gone is taken over. */
import { linkSync, mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';

const POLL_MS = 300;

/** @param {number} pid */
function isAlive(pid) {
  try {
    process.kill(pid, 0);
    return true;
  } catch (error) {
    return /** @type {NodeJS.ErrnoException} */ (error).code === 'EPERM';
  }
}

/** @param {string} path */
function holderOf(path) {
  try {
    return Number(readFileSync(path, 'utf8'));
  } catch {
    return 0;
  }
}

/**
 * Runs an action while holding the cache's lock.
 * @template T
 * @param {string} cache
 * @param {(text: string) => void} say
 * @param {() => Promise<T>} action
 * @param {AbortSignal} [signal] ends the waiting
 * @returns {Promise<T>}
 */
export async function withLock(cache, say, action, signal) {
  mkdirSync(cache, { recursive: true });
  const path = join(cache, 'setup.lock');
  const draft = `${path}.${process.pid}`;
  writeFileSync(draft, String(process.pid));
  try {
    let told = false;
    for (;;) {
      signal?.throwIfAborted();
      try {
        linkSync(draft, path);
        break;
      } catch (error) {
        if (/** @type {NodeJS.ErrnoException} */ (error).code !== 'EEXIST') throw error;
      }
      const holder = holderOf(path);
      if (holder && isAlive(holder)) {
        if (!told) say(`Another set-up (process ${holder}) is at work in ${cache}; waiting for it.`);
        told = true;
        await sleep(POLL_MS);
      } else if (holderOf(path) === holder) {
        rmSync(path, { force: true });
      }
    }
  } finally {
    rmSync(draft, { force: true });
  }
  try {
    return await action();
  } finally {
    rmSync(path, { force: true });
  }
}
