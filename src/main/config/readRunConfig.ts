/** A config file from disk, with its paths made absolute. */
import { existsSync, readFileSync } from 'node:fs';
import { dirname, isAbsolute, resolve } from 'node:path';
import type { RunConfig } from '../../shared/config.ts';
import { CriaError } from '../../shared/errors.ts';
import { parseRunConfig, type ConfigMessage } from './parseConfig.ts';

export const PATH_KEYS = ['tokenizer_path', 'train_path', 'eval_path'] as const;

export interface ReadOptions {
  overrides?: readonly [string, string][];
  /** Folders that relative paths are looked for in, before the config file's own. */
  searchFolders: readonly string[];
}

/**
 * Reads and checks a config; a relative path is taken from the first folder in which it exists.
 * @throws CriaError `bad-config` with every problem of the file; `not-found` when the file or a path in it does not exist
 */
export function readRunConfig(file: string, { overrides = [], searchFolders }: ReadOptions): { config: RunConfig; warnings: ConfigMessage[] } {
  let text: string;
  try {
    text = new TextDecoder('utf-8', { fatal: true }).decode(readFileSync(file));
  } catch (error) {
    const missing = (error as NodeJS.ErrnoException).code === 'ENOENT';
    throw new CriaError(missing ? 'not-found' : 'bad-config', missing ? `There is no config ${file}.` : `${file} cannot be read as UTF-8 text: ${(error as Error).message}`, 'Give the path of a YAML file; config/ has the recipe\'s.', { cause: error });
  }
  return checkRunConfig(text, file, { overrides, searchFolders });
}

/**
 * The same for a config's text that may not be saved yet; `file` is where it lies or will lie.
 * @throws CriaError as {@link readRunConfig}
 */
export function checkRunConfig(text: string, file: string, { overrides = [], searchFolders }: ReadOptions): { config: RunConfig; warnings: ConfigMessage[] } {
  const { config, warnings, lines } = parseRunConfig(text, { file, overrides });
  const folders = [...searchFolders, dirname(resolve(file))];
  const data = { ...config.data };
  for (const key of PATH_KEYS) {
    const found = locate(data[key], folders);
    if (!found) {
      const line = lines.get(`data.${key}`);
      throw new CriaError('not-found', `${line ? `${file}:${line}: ` : ''}"data.${key}" is ${data[key]}, which does not exist.`,
        isAbsolute(data[key]) ? 'Correct the path.' : `It was looked for in ${[...new Set(folders)].join(', ')}.`);
    }
    data[key] = found;
  }
  return { config: { ...config, data }, warnings };
}

function locate(path: string, folders: readonly string[]): string | null {
  return folders.map((folder) => resolve(folder, path)).find((candidate) => existsSync(candidate)) ?? null;
}
