/** A config file from disk, with its paths made absolute. */
import { existsSync, readFileSync, statSync } from 'node:fs';
import { dirname, isAbsolute, resolve } from 'node:path';
import type { RunConfig } from '../../shared/config.ts';
import { CriaError } from '../../shared/errors.ts';
import { MAX_CONFIG_BYTES, parseRunConfig, type ConfigMessage } from './parseConfig.ts';

export const PATH_KEYS = ['tokenizer_path', 'train_path', 'eval_path'] as const;

export interface ReadOptions {
  overrides?: readonly [string, string][];
  /** Folders that relative paths are looked for in, before the config file's own. */
  searchFolders: readonly string[];
  /** Whether whoever asks may know of a path. Default: yes. */
  isReadable?: (path: string) => boolean;
}

/**
 * Reads and checks a config; a relative path is taken from the first folder in which it exists.
 * @throws CriaError `bad-config` with every problem of the file; `not-found` when the file or a path in it does not exist
 */
export function readRunConfig(file: string, options: ReadOptions): { config: RunConfig; warnings: ConfigMessage[] } {
  let text: string;
  try {
    text = new TextDecoder('utf-8', { fatal: true }).decode(readConfigFile(file));
  } catch (error) {
    if (error instanceof CriaError) throw error;
    const missing = (error as NodeJS.ErrnoException).code === 'ENOENT';
    throw new CriaError(missing ? 'not-found' : 'bad-config', missing ? `There is no config ${file}.` : `${file} cannot be read as UTF-8 text: ${(error as Error).message}`, 'Give the path of a YAML file; config/ has the recipe\'s.', { cause: error });
  }
  return checkRunConfig(text, file, options);
}

/** Not all of a file that is no config by its size alone. */
function readConfigFile(file: string): Buffer {
  const { size } = statSync(file);
  if (size > MAX_CONFIG_BYTES) throw new CriaError('bad-config', `${file} is larger than ${MAX_CONFIG_BYTES} bytes; that is no config.`, 'Give the path of a YAML file; config/ has the recipe\'s.');
  return readFileSync(file);
}

/**
 * The same for a config's text that may not be saved yet; `file` is where it lies or will lie.
 * @throws CriaError as {@link readRunConfig}
 */
export function checkRunConfig(text: string, file: string, { overrides = [], searchFolders, isReadable = () => true }: ReadOptions): { config: RunConfig; warnings: ConfigMessage[] } {
  const { config, warnings, lines } = parseRunConfig(text, { file, overrides });
  const folders = [...searchFolders, dirname(resolve(file))];
  const data = { ...config.data };
  for (const key of PATH_KEYS) {
    const { found, refused } = locate(data[key], folders, isReadable);
    if (!found) {
      const line = lines.get(`data.${key}`);
      if (refused) throw new CriaError('not-allowed', `${line ? `${file}:${line}: ` : ''}${refusedPath(key, data[key])}`, CHOOSE_FOLDER);
      throw new CriaError('not-found', `${line ? `${file}:${line}: ` : ''}"data.${key}" is ${data[key]}, which does not exist.`,
        isAbsolute(data[key]) ? 'Correct the path.' : `It was looked for in ${[...new Set(folders)].join(', ')}.`);
    }
    data[key] = found;
  }
  return { config: { ...config, data }, warnings };
}

/**
 * A path taken from the first folder in which it exists; `refused` tells that there was one of which the asker may not even know whether
 * it exists.
 */
export function locate(path: string, folders: readonly string[], isReadable: (path: string) => boolean): { found: string | null; refused: boolean } {
  const candidates = folders.map((folder) => resolve(folder, path));
  const readable = candidates.filter(isReadable);
  return { found: readable.find((candidate) => existsSync(candidate)) ?? null, refused: readable.length < candidates.length };
}

export const refusedPath = (key: string, path: string) => `"data.${key}" is ${path}, which is not in the workspace nor in a folder that was chosen for this window`;
export const CHOOSE_FOLDER = 'Import it as a corpus, or choose its folder once; for a browser, start `cria host` with `--allow FOLDER`.';
