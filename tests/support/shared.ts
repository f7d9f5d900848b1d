/** The reference data that lies beside some checkouts (../shared). Tests on it are skipped where it is missing; CI insists on them. */
import { existsSync } from 'node:fs';
import { join, resolve } from 'node:path';

const root = resolve(import.meta.dirname, '../../../shared');

export const hasShared = existsSync(join(root, 'fixtures', 'META.json'));

if (!hasShared && process.env.CRIA_REQUIRE_SHARED) {
  throw new Error(`CRIA_REQUIRE_SHARED is set but ${root} is missing`);
}

/** Path of a file of the reference data. */
export function sharedPath(...segments: string[]): string {
  return join(root, ...segments);
}
