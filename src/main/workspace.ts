/** The workspace folder: everything Cria keeps, and the only place where names become paths. */
import { accessSync, chmodSync, constants, existsSync, realpathSync, statSync } from 'node:fs';
import { isAbsolute, join, resolve } from 'node:path';
import { CriaError } from '../shared/errors.ts';
import { isSafeName, makeFolder } from './disk/atomic.ts';

/** Whether a model's reference is a path, not a name. */
export function isPath(reference: string): boolean {
  return isAbsolute(reference) || /[\\/]/.test(reference);
}

export class Workspace {
  readonly root: string;
  readonly database: string;
  readonly corpora: string;
  readonly tokenizers: string;
  readonly models: string;
  readonly runs: string;
  readonly data: string;

  /**
   * Opens a workspace and makes its folders where they are missing, readable by their owner alone.
   * @throws CriaError `not-writable`
   */
  constructor(root: string) {
    this.root = resolve(root);
    this.database = join(this.root, 'cria.db');
    this.corpora = join(this.root, 'corpora');
    this.tokenizers = join(this.root, 'tokenizers');
    this.models = join(this.root, 'models');
    this.runs = join(this.root, 'runs');
    this.data = join(this.root, 'data');
    try {
      for (const folder of [this.root, this.corpora, this.tokenizers, this.models, this.runs, this.data]) {
        makeFolder(folder);
      }
      this.#closeToOthers();
      accessSync(this.root, constants.W_OK);
    } catch (error) {
      throw new CriaError('not-writable', `The workspace ${this.root} cannot be written to: ${(error as Error).message}`,
        'Choose another folder with --workspace, or change its permissions.', { cause: error });
    }
  }

  runFolder(runId: string): string {
    return join(this.runs, this.#name(runId, 'run'));
  }

  /** Where a model of that name lies or will lie. @throws CriaError `bad-input` for a name that would leave the folder */
  modelFolder(name: string): string {
    return join(this.models, this.#name(name, 'model'));
  }

  /**
   * The folder of a model given by its name in the workspace or by the path of a Hugging Face folder.
   * @throws CriaError `not-found`
   */
  resolveModel(nameOrPath: string): { name: string; folder: string } {
    if (isSafeName(nameOrPath) && existsSync(join(this.models, nameOrPath, 'config.json'))) {
      return { name: nameOrPath, folder: join(this.models, nameOrPath) };
    }
    const folder = resolve(nameOrPath);
    if (isPath(nameOrPath) && existsSync(join(folder, 'config.json')) && statSync(folder).isDirectory()) {
      return { name: folder.split(/[\\/]/).pop()!, folder: realpathSync(folder) };
    }
    throw new CriaError('not-found', `There is no model "${nameOrPath}" in ${this.models}, nor a Hugging Face folder at that path.`,
      'See `cria models` for the names, or give the path of a folder that holds config.json and model.safetensors.');
  }

  /**
   * Takes others' permissions from what an earlier Cria, or a careless copy, left open. The root itself may be a folder that the user
   * shares with purpose, so only what is Cria's own inside it is closed.
   */
  #closeToOthers(): void {
    const database = ['', '-wal', '-shm'].map((suffix) => `${this.database}${suffix}`);
    for (const path of [this.corpora, this.tokenizers, this.models, this.runs, this.data, ...database]) {
      const stats = statSync(path, { throwIfNoEntry: false });
      if (stats && stats.mode & 0o077 && stats.uid === process.getuid?.()) chmodSync(path, stats.mode & 0o700);
    }
  }

  #name(name: string, what: string): string {
    if (!isSafeName(name)) {
      throw new CriaError('bad-input', `"${name}" cannot be a ${what} name: it has to be one plain folder name.`,
        'Use letters, digits, ".", "_", "-", "+" and spaces, starting with a letter or digit.');
    }
    return name;
  }
}
