/** A config's text while it is typed: all that is wrong with it, as a list instead of an error. */
import { existsSync } from 'node:fs';
import { isAbsolute, resolve } from 'node:path';
import type { RunConfig } from '../../shared/config.ts';
import { examineRunConfig, type ConfigMessage } from './parseConfig.ts';
import { PATH_KEYS } from './readRunConfig.ts';

export interface CheckedText {
  problems: ConfigMessage[];
  warnings: ConfigMessage[];
  /** Null while there are problems that leave it without values. Paths that exist are absolute. */
  config: RunConfig | null;
  given: string[];
  /** Line of each key that stands in the text. */
  lines: ReadonlyMap<string, number>;
}

export function checkConfigText(text: string, { file, searchFolders }: { file: string; searchFolders: readonly string[] }): CheckedText {
  const { problems, warnings, parsed } = examineRunConfig(text, { file });
  if (!parsed) return { problems, warnings, config: null, given: [], lines: new Map() };
  const data = { ...parsed.config.data };
  for (const key of PATH_KEYS) {
    const found = searchFolders.map((folder) => resolve(folder, data[key])).find((path) => existsSync(path));
    if (found) data[key] = found;
    else {
      const where = isAbsolute(data[key]) ? '' : `; it was looked for in ${[...new Set(searchFolders)].join(', ')}`;
      problems.push({ key: `data.${key}`, line: parsed.lines.get(`data.${key}`) ?? null, message: `"data.${key}" is ${data[key]}, which does not exist${where}` });
    }
  }
  return { problems, warnings, config: { ...parsed.config, data }, given: [...parsed.given], lines: parsed.lines };
}
