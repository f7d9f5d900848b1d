/**
 * Who asks, and which paths of this machine he may name. The command line is the user himself. A window shows a page, and a page can fall
 * under somebody else's command (a hole in the browser or in a library), so it gets at the workspace and at the folders that the user
 * has chosen for it, and at nothing else.
 */
import { existsSync, lstatSync, readdirSync, realpathSync, statSync } from 'node:fs';
import { basename, dirname, isAbsolute, join, relative, resolve, sep } from 'node:path';
import { CriaError } from '../../shared/errors.ts';
import { isPath, type Workspace } from '../workspace.ts';

export interface Caller {
  /** Whether what lies at a path may be read, or only be known to exist. */
  isReadable(path: string): boolean;
  /** @throws CriaError `not-allowed` */
  read(path: string): void;
  /** Refuses a path that may not be made. @throws CriaError `not-allowed`; `exists` */
  write(path: string): void;
  /** Folders that may be looked through; null: all. */
  readonly folders: readonly string[] | null;
}

/** The user at a terminal: the system's own permissions decide. */
export const OWNER: Caller = {
  isReadable: () => true,
  read: () => {},
  write: () => {},
  folders: null,
};

/** A model that the caller may use, by its name in the workspace or by the path of its folder. @throws CriaError `not-allowed`; `not-found` */
export function findModel(workspace: Workspace, reference: string, caller: Caller): { name: string; folder: string } {
  if (isPath(reference)) caller.read(reference);
  return workspace.resolveModel(reference);
}

export interface WindowPlaces {
  /** Folders to read from besides the chosen ones. */
  readable: readonly string[];
  /** Folders in which new files may be made. */
  writable: readonly string[];
}

const HINT = 'In the window, choose its folder with the button beside the field; for a browser, start `cria host` with `--allow FOLDER`.';

/** A page. It never writes over anything, so that it cannot destroy what it may not read, nor plant what another program runs. */
export class WindowCaller implements Caller {
  readonly #places: WindowPlaces;
  readonly #chosen = new Set<string>();

  constructor(places: WindowPlaces) {
    this.#places = places;
  }

  get folders(): string[] {
    return [...this.#chosen, ...this.#places.writable];
  }

  /** Adds a folder, or a file, that the user has chosen. */
  choose(path: string): void {
    this.#chosen.add(resolve(path));
  }

  isReadable(path: string): boolean {
    return isInside([...this.#places.readable, ...this.#chosen], path);
  }

  read(path: string): void {
    if (!this.isReadable(path)) throw new CriaError('not-allowed', `A window may not read ${path}: it lies outside the workspace and of what was chosen for it.`, HINT);
  }

  write(path: string): void {
    if (!isInside([...this.#places.writable, ...this.#chosen], path)) {
      throw new CriaError('not-allowed', `A window may not write to ${path}: it lies outside the workspace and of what was chosen for it.`, HINT);
    }
    if (existsSync(path) && !isEmptyFolder(path)) throw new CriaError('exists', `There is something at ${path} already.`, 'Choose another name.');
  }
}

/** The system's dialog makes the folder that is to be written to. */
function isEmptyFolder(path: string): boolean {
  return statSync(path).isDirectory() && readdirSync(path).length === 0;
}

/**
 * Whether a path lies in one of the folders, links followed on both sides, with nothing hidden on the way (settings and keys of other
 * programs lie in folders whose names start with a dot).
 */
function isInside(folders: readonly string[], path: string): boolean {
  const real = realPath(resolve(path));
  if (real === null) return false;
  return folders.some((folder) => {
    const root = realPath(resolve(folder));
    if (root === null) return false;
    const way = relative(root, real);
    return way === '' || (!isAbsolute(way) && !way.split(sep).some((name) => name.startsWith('.')));
  });
}

/** The path without links, also of something that does not exist yet; null for a link that leads nowhere and for what cannot be a path. */
function realPath(path: string): string | null {
  if (path.includes('\0')) return null;
  try {
    return realpathSync(path);
  } catch {
    const parent = dirname(path);
    if (parent === path || lstatSync(path, { throwIfNoEntry: false })?.isSymbolicLink()) return null;
    const above = realPath(parent);
    return above === null ? null : join(above, basename(path));
  }
}
