/** The demo's own files, found from the sources and from the build alike. */
import { existsSync, readFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { parse } from 'yaml';

function resourceFolder(): string {
  let folder = import.meta.dirname;
  while (!existsSync(join(folder, 'resources', 'demo'))) {
    if (dirname(folder) === folder) throw new Error('resources/demo is not part of this installation');
    folder = dirname(folder);
  }
  return join(folder, 'resources', 'demo');
}

export function readResource(name: string): unknown {
  return parse(readFileSync(join(resourceFolder(), name), 'utf8')) as unknown;
}
