/** The folders that the user has chosen in the system's dialog: what the windows may read besides the workspace. Kept from start to start. */
import { mkdirSync, readFileSync, renameSync, writeFileSync } from 'node:fs';
import { dirname } from 'node:path';
import { z } from 'zod';

const contents = z.array(z.string().min(1));
/** The oldest are forgotten; who needs one again chooses it again. */
const KEPT = 200;

export class ChosenFolders {
  readonly #file: string;
  #folders: string[];

  /** @param file where they are kept, out of the pages' reach */
  constructor(file: string) {
    this.#file = file;
    this.#folders = readFolders(file);
  }

  list(): readonly string[] {
    return this.#folders;
  }

  add(folder: string): void {
    this.#folders = [...this.#folders.filter((known) => known !== folder), folder].slice(-KEPT);
    try {
      mkdirSync(dirname(this.#file), { recursive: true });
      writeFileSync(`${this.#file}.tmp`, JSON.stringify(this.#folders), { mode: 0o600 });
      renameSync(`${this.#file}.tmp`, this.#file);
    } catch {
      // It holds until the app ends; the next one asks again.
    }
  }
}

function readFolders(file: string): string[] {
  try {
    return contents.parse(JSON.parse(readFileSync(file, 'utf8')));
  } catch {
    return []; // Nothing chosen yet, or not ours.
  }
}
