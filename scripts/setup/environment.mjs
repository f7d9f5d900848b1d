/** Where things lie and which versions Cria is made for. Plain JavaScript: set-up runs before anything is installed. */
import { homedir } from 'node:os';
import { dirname, join, resolve } from 'node:path';
import { fileURLToPath } from 'node:url';

export const projectRoot = resolve(dirname(fileURLToPath(import.meta.url)), '../..');

/** The Node that Cria runs on: Electron's own. */
export const NODE_VERSION = '24.21.0';
export const NODE_MAJOR = 24;

export const TENSORFLOW_VERSION = '2.21.0';

/** Per-user cache shared by all checkouts; `CRIA_CACHE` moves it. Kept equal to src/main/tensorflow/library.ts. */
export function cacheFolder() {
  const { CRIA_CACHE, LOCALAPPDATA, XDG_CACHE_HOME } = process.env;
  if (CRIA_CACHE) return resolve(CRIA_CACHE);
  if (process.platform === 'win32' && LOCALAPPDATA) return join(LOCALAPPDATA, 'cria', 'Cache');
  if (process.platform === 'darwin') return join(homedir(), 'Library', 'Caches', 'cria');
  return join(XDG_CACHE_HOME || join(homedir(), '.cache'), 'cria');
}

/** The manifest that the check writes when the library works; the engine's jobs read it. */
export function manifestPath() {
  return join(cacheFolder(), 'tensorflow.json');
}
