/** Tables of items as users get them: JSON lines, JSON, CSV, TSV or Parquet, whatever a release or a download tool made of them. */
import { existsSync, readdirSync, statSync } from 'node:fs';
import { readFile } from 'node:fs/promises';
import { basename, extname, join } from 'node:path';
import { CriaError } from '../../../shared/errors.ts';

export type Row = Record<string, unknown>;

const READERS: Record<string, (path: string) => Promise<unknown[]>> = {
  '.jsonl': async (path) => (await readFile(path, 'utf8')).split('\n').filter((line) => line.trim() !== '').map((line) => JSON.parse(line) as unknown),
  '.json': async (path) => {
    const parsed: unknown = JSON.parse(await readFile(path, 'utf8'));
    return Array.isArray(parsed) ? (parsed as unknown[]) : [];
  },
  '.csv': (path) => readSeparated(path, ','),
  '.tsv': (path) => readSeparated(path, '\t'),
  '.parquet': async (path) => {
    const { asyncBufferFromFile, parquetReadObjects } = await import('hyparquet');
    return parquetReadObjects({ file: await asyncBufferFromFile(path) });
  },
};

const DEEPEST = 4;

/** The table files of a folder and its subfolders (hidden ones left out), sorted by path. */
export function tableFiles(folder: string, depth = 0): string[] {
  if (!existsSync(folder) || !statSync(folder).isDirectory()) return [];
  return readdirSync(folder, { withFileTypes: true })
    .filter(({ name }) => !name.startsWith('.'))
    .sort((a, b) => (a.name < b.name ? -1 : 1))
    .flatMap((entry) => {
      const path = join(folder, entry.name);
      // A download of Hugging Face's holds links to the files themselves.
      const isFolder = entry.isSymbolicLink() ? statSync(path, { throwIfNoEntry: false })?.isDirectory() === true : entry.isDirectory();
      if (isFolder) return depth < DEEPEST ? tableFiles(path, depth + 1) : [];
      return extname(entry.name).toLowerCase() in READERS ? [path] : [];
    });
}

/**
 * Reads a table.
 * @returns its rows; those that are no objects are left out
 * @throws CriaError `bad-input` without a word of what is in the file, which may be gated
 */
export async function readTable(path: string): Promise<Row[]> {
  const read = READERS[extname(path).toLowerCase()];
  if (!read) throw new CriaError('bad-input', `${path} is no table that Cria reads.`, `Tables are ${Object.keys(READERS).join(', ')} files.`);
  try {
    return (await read(path)).filter((row): row is Row => typeof row === 'object' && row !== null && !Array.isArray(row));
  } catch {
    throw new CriaError('bad-input', `${basename(path)} is damaged or not the ${extname(path)} file that its name says.`, `Download it again. File: ${path}`);
  }
}

async function readSeparated(path: string, delimiter: string): Promise<Row[]> {
  const { parse } = await import('csv-parse/sync');
  return parse<Row>(await readFile(path), { columns: true, bom: true, delimiter, skip_empty_lines: true, relax_column_count_more: false });
}
