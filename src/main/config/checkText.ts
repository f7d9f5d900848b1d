/** A config's text while it is typed: all that is wrong with it, as a list instead of an error. */
import { isAbsolute } from 'node:path';
import type { RunConfig } from '../../shared/config.ts';
import { examineRunConfig, type ConfigMessage } from './parseConfig.ts';
import { CHOOSE_FOLDER, locate, PATH_KEYS, refusedPath, type ReadOptions } from './readRunConfig.ts';

export interface CheckedText {
  problems: ConfigMessage[];
  warnings: ConfigMessage[];
  /** Null while there are problems that leave it without values. Paths that exist are absolute. */
  config: RunConfig | null;
  given: string[];
  /** Line of each key that stands in the text. */
  lines: ReadonlyMap<string, number>;
  /** A path is not for whoever asks: nothing may be reckoned from what lies there. */
  unreadable: boolean;
}

export function checkConfigText(text: string, { file, searchFolders, isReadable = () => true }: { file: string } & Omit<ReadOptions, 'overrides'>): CheckedText {
  const { problems, warnings, parsed } = examineRunConfig(text, { file });
  if (!parsed) return { problems, warnings, config: null, given: [], lines: new Map(), unreadable: false };
  let unreadable = false;
  const data = { ...parsed.config.data };
  for (const key of PATH_KEYS) {
    const line = parsed.lines.get(`data.${key}`) ?? null;
    const { found, refused } = locate(data[key], searchFolders, isReadable);
    if (found) data[key] = found;
    else if (refused) {
      unreadable = true;
      problems.push({ key: `data.${key}`, line, message: `${refusedPath(key, data[key])}. ${CHOOSE_FOLDER}` });
    } else {
      const where = isAbsolute(data[key]) ? '' : `; it was looked for in ${[...new Set(searchFolders)].join(', ')}`;
      problems.push({ key: `data.${key}`, line, message: `"data.${key}" is ${data[key]}, which does not exist${where}` });
    }
  }
  return { problems, warnings, config: { ...parsed.config, data }, given: [...parsed.given], lines: parsed.lines, unreadable };
}
