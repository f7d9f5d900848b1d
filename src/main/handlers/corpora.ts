/** Requests about corpora and tokenizers. */
import { existsSync, readdirSync, readFileSync, statSync } from 'node:fs';
import { basename, join, resolve } from 'node:path';
import { CriaError } from '../../shared/errors.ts';
import type { CleanResult } from '../../shared/results.ts';
import { recogniseCorpora } from '../corpus/layouts.ts';
import { CORPUS_SOURCES, TRACKS } from '../corpus/sources.ts';
import { loadTokenizer, type Tokenizer } from '../corpus/tokenizer.ts';
import { startDemo } from '../demo/startDemo.ts';
import { isSafeName } from '../disk/atomic.ts';
import { started, type DomainHandlers, type Services } from './services.ts';

/** Where token files are kept, beside the corpora. */
const TOKEN_FOLDER = 'tokens';

export function corpusHandlers(services: Services): DomainHandlers<'corpus' | 'tokenizer' | 'demo'> {
  const { store, workspace, queue } = services;
  const tokenizers = new TokenizerCache();

  const downloads = join(workspace.data, 'babylm');
  const newCorpusFolder = (name: string) => {
    if (!isSafeName(name)) throw new CriaError('bad-input', `"${name}" cannot be a corpus name.`, 'Use letters, digits, ".", "_", "-" and spaces.');
    const output = join(workspace.corpora, name);
    if (name === TOKEN_FOLDER || existsSync(output)) throw new CriaError('exists', `There is a corpus named "${name}" already.`, 'Choose another name.');
    return output;
  };

  return {
    'corpus.clean'(params, caller) {
      caller.read(params.input);
      caller.write(params.output);
      return started(queue.submit({ kind: 'clean', name: `Clean ${basename(params.input)}`, params }));
    },
    'corpus.import'({ source, name, files }, caller) {
      caller.read(source);
      for (const { path } of files ?? []) caller.read(path);
      const output = newCorpusFolder(name);
      if (files) refuseFileNames(files);
      if (!statSync(source, { throwIfNoEntry: false })?.isDirectory()) throw new CriaError('not-found', `There is no folder ${source}.`, 'Choose a folder that holds .train files.');
      return started(queue.submit({ kind: 'clean', name: `Import ${name}`, params: { input: source, output, ...(files && { files }) } }));
    },
    'corpus.list'() {
      const cleaned = new Map<string, { runId: string; result: CleanResult; input: string }>();
      for (const { id } of store.listRuns({ kinds: ['clean'], states: ['done'], descending: false, limit: 10_000 }).rows) {
        const run = store.getRun(id);
        const result = run.result as CleanResult;
        cleaned.set(resolve(result.output), { runId: id, result, input: (run.params as { input: string }).input });
      }
      return corpusFolders(workspace.corpora, new Set([...cleaned.keys()])).map((folder) => {
        const origin = cleaned.get(folder);
        return {
          name: folder.startsWith(workspace.corpora) ? folder.slice(workspace.corpora.length + 1) : folder,
          folder,
          files: textFiles(folder),
          runId: origin?.runId ?? null,
          cleanedFrom: origin?.input ?? null,
          words: origin ? origin.result.files.reduce((sum, file) => sum + file.words, 0) : null,
        };
      });
    },
    'corpus.recognise'({ folder }, caller) {
      if (folder !== null) caller.read(folder);
      return folder === null && !existsSync(downloads) ? [] : recogniseCorpora(folder ?? downloads);
    },
    'corpus.sources': () => CORPUS_SOURCES.map(({ name, title }) => ({ name, title, folder: existsSync(join(downloads, name, 'SOURCE.json')) ? join(downloads, name) : null })),
    'corpus.download': ({ source }) => started(queue.submit({ kind: 'download-corpus', name: `Download ${CORPUS_SOURCES.find(({ name }) => name === source)!.title}`, params: { source, output: join(downloads, source) } })),
    'corpus.mix'({ name, parts, track, words, seed }, caller) {
      for (const { path } of parts) caller.read(path);
      const budget = track === 'none' ? null : TRACKS[track];
      const wanted = words ?? budget;
      if (wanted === null) throw new CriaError('bad-input', 'Without a track, a mix needs a number of words.', 'Say how many words, or choose a track.');
      if (budget !== null && wanted > budget) {
        throw new CriaError('bad-input', `${wanted.toLocaleString('en-US')} words are more than the ${budget.toLocaleString('en-US')} that the ${track} track allows.`, 'Ask for fewer words, or choose another track.');
      }
      refuseFileNames(parts);
      return started(queue.submit({ kind: 'mix', name: `Mix ${name}`, params: { parts, words: wanted, seed, output: newCorpusFolder(name) } }));
    },
    'corpus.encode'(params, caller) {
      caller.read(params.input);
      caller.read(params.tokenizer);
      caller.write(params.output);
      return started(queue.submit({ kind: 'encode', name: `Encode ${basename(params.input)}`, params }));
    },
    'demo.makeCorpus'(params, caller) {
      caller.write(params.output);
      return started(queue.submit({ kind: 'demo-corpus', name: 'Demo corpus', params }));
    },
    'demo.start': ({ tiny }) => startDemo(services, tiny),

    'tokenizer.train'(params, caller) {
      for (const input of params.inputs) caller.read(input);
      caller.write(params.output);
      return started(queue.submit({ kind: 'tokenizer', name: `Tokenizer ${basename(params.output)}`, params }));
    },
    async 'tokenizer.list'() {
      const made = new Map(store.listRuns({ kinds: ['tokenizer'], states: ['done'], limit: 10_000 }).rows.map(({ id }) => [resolve((store.getRun(id).params as { output: string }).output), id]));
      const inWorkspace = readdirSync(workspace.tokenizers).filter((name) => name.endsWith('.json')).map((name) => join(workspace.tokenizers, name));
      const paths = [...new Set([...inWorkspace, ...made.keys()])].filter((path) => existsSync(path));
      const entries = await Promise.all(paths.map(async (path) => {
        try {
          const { sha256, vocabSize } = await tokenizers.load(path);
          return [{ name: basename(path, '.json'), path, sha256, vocabSize, runId: made.get(path) ?? null, createdAt: statSync(path).mtimeMs }];
        } catch {
          return []; // Some other JSON file that a person put there.
        }
      }));
      return entries.flat().sort((a, b) => b.createdAt - a.createdAt);
    },
    async 'tokenizer.try'({ tokenizer, text }, caller) {
      caller.read(tokenizer);
      const loaded = await tokenizers.load(tokenizer);
      return { tokens: loaded.encode(text).map((id) => ({ id, text: loaded.decode([id]) })) };
    },
  };
}

/** Names become files of the corpus. */
function refuseFileNames(files: readonly { name: string }[]): void {
  const names = files.map(({ name }) => name.toLowerCase());
  const odd = files.find(({ name }) => !isSafeName(name) || !/\.(train|dev)$/.test(name));
  if (odd) throw new CriaError('bad-input', `"${odd.name}" cannot be a file of a corpus.`, 'Call it <domain>.train or <domain>.dev.');
  const double = names.find((name, i) => names.indexOf(name) !== i);
  if (double) throw new CriaError('bad-input', `Two files are called ${double}.`, 'Give each its own name.');
}

/** Folders below the workspace's corpora, at most three deep, that hold text files; and those outside that a run cleaned. */
function corpusFolders(root: string, cleaned: ReadonlySet<string>): string[] {
  const found = new Set<string>();
  const visit = (folder: string, depth: number) => {
    if (textFiles(folder).length) found.add(folder);
    if (depth === 0) return;
    for (const entry of readdirSync(folder, { withFileTypes: true })) {
      if (entry.isDirectory() && !(folder === root && entry.name === TOKEN_FOLDER)) visit(join(folder, entry.name), depth - 1);
    }
  };
  visit(root, 3);
  for (const folder of cleaned) if (existsSync(folder) && textFiles(folder).length) found.add(folder);
  return [...found].sort();
}

function textFiles(folder: string): { file: string; bytes: number }[] {
  return readdirSync(folder).filter((file) => /\.(train|dev|test)$/.test(file)).sort().map((file) => ({ file, bytes: statSync(join(folder, file)).size }));
}

/** The tokenizers used last: loading one takes a moment. */
class TokenizerCache {
  readonly #loaded = new Map<string, Tokenizer>();

  async load(path: string): Promise<Tokenizer> {
    const { mtimeMs, size } = statSync(path, { throwIfNoEntry: false }) ?? { mtimeMs: 0, size: readFileSync(path).length };
    const key = `${path}\n${mtimeMs}\n${size}`;
    const known = this.#loaded.get(key);
    if (known) return known;
    const tokenizer = await loadTokenizer(path);
    if (this.#loaded.size >= 8) this.#loaded.delete([...this.#loaded.keys()][0]!);
    this.#loaded.set(key, tokenizer);
    return tokenizer;
  }
}
