/** node:fs as the shell uses it, on the old Electron's Node 12, which knows neither recursive listings nor rmSync. */
import fs from 'fs';
import { join } from 'path';

export * from 'fs';

interface Entry {
  name: string;
  parentPath: string;
  isFile(): boolean;
}

export function readdirSync(folder: string, options: { recursive?: boolean; withFileTypes?: boolean } = {}): Entry[] {
  return fs.readdirSync(folder, { withFileTypes: true }).flatMap((entry) => {
    const own: Entry = { name: entry.name, parentPath: folder, isFile: () => entry.isFile() };
    return options.recursive && entry.isDirectory() ? [own, ...readdirSync(join(folder, entry.name), options)] : [own];
  });
}

export function rmSync(path: string): void {
  if (fs.existsSync(path)) fs.unlinkSync(path);
}
