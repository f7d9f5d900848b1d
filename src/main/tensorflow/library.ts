/** Where set-up put TensorFlow's library and the binding to it. */
import { existsSync, readFileSync } from 'node:fs';
import { homedir } from 'node:os';
import { join } from 'node:path';
import { CriaError } from '../../shared/errors.ts';

/** What set-up writes as `tensorflow.json` in the cache once the library has been checked with a matrix product. */
export interface TensorFlowLibrary {
  /** Path of the compiled tfjs-node binding (a Node-API module). */
  binding: string;
  /** Folder with libtensorflow_cc.so.2 and libtensorflow_framework.so.2. */
  library: string;
  /** TensorFlow's version, e.g. "2.21.0". */
  version: string;
  /** Which build it is. */
  variant: 'cpu' | 'gpu';
}

/** Per-user cache shared by all checkouts; `CRIA_CACHE` moves it. Kept equal to scripts/setup/paths.mjs. */
export function cacheFolder(): string {
  if (process.env.CRIA_CACHE) return process.env.CRIA_CACHE;
  if (process.platform === 'win32' && process.env.LOCALAPPDATA) return join(process.env.LOCALAPPDATA, 'cria', 'Cache');
  if (process.platform === 'darwin') return join(homedir(), 'Library', 'Caches', 'cria');
  return join(process.env.XDG_CACHE_HOME || join(homedir(), '.cache'), 'cria');
}

/** @throws CriaError `no-library` when set-up has not finished */
export function findLibrary(): TensorFlowLibrary {
  const manifest = join(cacheFolder(), 'tensorflow.json');
  if (!existsSync(manifest)) {
    throw new CriaError('no-library', `TensorFlow is not set up yet (${manifest} is missing).`, 'Run `npm start` once; it fetches and checks the library.');
  }
  return JSON.parse(readFileSync(manifest, 'utf8')) as TensorFlowLibrary;
}
