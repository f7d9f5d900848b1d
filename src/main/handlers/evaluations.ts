/** Requests about suites, scores and models. */
import { existsSync, readdirSync } from 'node:fs';
import os from 'node:os';
import { basename, join } from 'node:path';
import { CriaError } from '../../shared/errors.ts';
import type { JobParams } from '../../shared/jobs.ts';
import type { EvaluationRecord } from '../../shared/records.ts';
import { locateSuite } from '../evaluation/data.ts';
import { loadPairs } from '../evaluation/pairs.ts';
import { OWN_PAIRS, SUITES } from '../evaluation/suites.ts';
import { isPath } from '../workspace.ts';
import type { Caller } from './caller.ts';
import { started, type DomainHandlers, type Services } from './services.ts';

export function evaluationHandlers({ store, workspace, queue }: Services): DomainHandlers<'evaluation' | 'model'> {
  /** A model that the caller may use, by its name in the workspace or by the path of its folder. */
  const findModel = (reference: string, caller: Caller) => {
    if (isPath(reference)) caller.read(reference);
    return workspace.resolveModel(reference);
  };

  return {
    'evaluation.start'({ models, suites, data, out, download }, caller) {
      const resolved = models.map((model) => findModel(model, caller));
      for (const suite of suites) if (suite.startsWith(OWN_PAIRS)) caller.read(suite.slice(OWN_PAIRS.length));
      if (data !== null) caller.read(data);
      // Fetched files land beside those that are there.
      if (data !== null && download) caller.write(join(data, 'evaluation_data'));
      if (out !== null) caller.write(out);
      const name = `Evaluate ${resolved.map((model) => model.name).join(', ')}`;
      return started(queue.submit({ kind: 'evaluate', name, params: { models: resolved, suites, data, out, download } }));
    },
    'evaluation.score'({ model, pairs }, caller) {
      const resolved = findModel(model, caller);
      caller.read(pairs);
      return started(queue.submit({ kind: 'score', name: `Score ${basename(pairs)} with ${resolved.name}`, params: { model: resolved, pairs } }));
    },
    'evaluation.suites'({ data }, caller) {
      if (data !== null) caller.read(data);
      return SUITES.map((suite) => {
        const folder = folderOf(suite.name, data, workspace.data) ?? demoFolder(suite.name, workspace.corpora);
        return { name: suite.name, title: suite.title, folder, howToGet: suite.howToGet, subtasks: suite.subtasks?.length ?? null };
      });
    },
    'evaluation.list': (filter) => store.listEvaluations(filter),
    'evaluation.subtasks': ({ evaluationId }) => store.listSubtasks(evaluationId),
    async 'evaluation.pairs'({ evaluationIds, subtask, disagreeing, limit }) {
      const evaluations = evaluationIds.map((id) => findEvaluation(store.listEvaluations({}), id));
      const measured = evaluationIds.map((id) => {
        const found = store.subtaskLogprobs(id).find((candidate) => candidate.subtask === subtask);
        if (!found) throw new CriaError('not-found', `Evaluation ${id} has no "${subtask}".`);
        return found.logprobs;
      });
      const first = evaluations[0]!;
      const { data } = store.getRun(first.runId).params as JobParams<'evaluate'>;
      const file = locateSuite(first.suite, data, workspace.data).files.find(({ name }) => name === subtask);
      if (!file) throw new CriaError('not-found', `The sentences of "${subtask}" are not where they were when it was scored.`, 'Put the suite\'s data back, or evaluate again.');
      const sentences = await loadPairs(file.path);
      if (measured.some((logprobs) => logprobs.length !== 2 * sentences.length)) {
        throw new CriaError('bad-input', `${file.path} has changed since it was scored.`, 'Put the old file back, or evaluate again.');
      }
      const rows = sentences.flatMap(({ good, bad }, index) => {
        const logprobs = measured.map((values) => ({ good: values[2 * index]!, bad: values[2 * index + 1]! }));
        const right = logprobs.filter((values) => values.good >= values.bad).length;
        return disagreeing && (right === 0 || right === logprobs.length) ? [] : [{ index, good, bad, logprobs }];
      });
      return { total: rows.length, pairs: rows.slice(0, limit) };
    },

    'model.list': () => store.listModels(),
    'model.import'({ source, name }, caller) {
      caller.read(source);
      const target = name ?? basename(source);
      if (existsSync(workspace.modelFolder(target))) {
        throw new CriaError('exists', `There is a model named "${target}" already.`, 'Choose another name with --name.');
      }
      return started(queue.submit({ kind: 'import', name: `Import ${target}`, modelName: target, params: { source, name: target } }));
    },
    'model.export'({ model, output }, caller) {
      const resolved = findModel(model, caller);
      caller.write(output);
      return started(queue.submit({ kind: 'export', name: `Export ${resolved.name}`, params: { model: resolved, output } }));
    },
    'model.findCached': () => cachedModels(),
    'model.generate'({ model, ...params }, caller) {
      const resolved = findModel(model, caller);
      return started(queue.submit({ kind: 'generate', name: `Write with ${resolved.name}`, params: { model: resolved, ...params } }));
    },
  };
}

function findEvaluation(evaluations: readonly EvaluationRecord[], id: number): EvaluationRecord {
  const found = evaluations.find((evaluation) => evaluation.id === id);
  if (!found) throw new CriaError('not-found', `There is no evaluation ${id} any more.`, 'Load the page again.');
  return found;
}

function folderOf(suite: string, data: string | null, workspaceData: string): string | null {
  try {
    const [file] = locateSuite(suite, data, workspaceData).files;
    return file ? join(file.path, '..') : null;
  } catch {
    return null; // Not there: the suite's `howToGet` says what to do.
  }
}

/** The demo's pairs lie beside its corpus; those of the newest demo are offered. */
function demoFolder(suite: string, corpora: string): string | null {
  if (suite !== 'demo') return null;
  const found = readdirSync(corpora).map((name) => join(corpora, name, 'pairs', 'demo')).filter((folder) => existsSync(folder)).sort();
  return found.at(-1) ?? null;
}

/** Where Hugging Face's libraries keep what they have downloaded. */
export function modelCache(): string {
  return process.env.HF_HUB_CACHE ?? join(process.env.HF_HOME ?? join(os.homedir(), '.cache', 'huggingface'), 'hub');
}

/** Folders with a model's config in Hugging Face's cache (models--OWNER--NAME/snapshots/REVISION). */
function cachedModels(): { name: string; folder: string }[] {
  const hub = modelCache();
  if (!existsSync(hub)) return [];
  return readdirSync(hub).filter((name) => name.startsWith('models--')).flatMap((entry) => {
    const snapshots = join(hub, entry, 'snapshots');
    if (!existsSync(snapshots)) return [];
    return readdirSync(snapshots)
      .map((revision) => join(snapshots, revision))
      .filter((folder) => existsSync(join(folder, 'config.json')))
      .map((folder) => ({ name: entry.slice('models--'.length).replace('--', '/'), folder }));
  });
}
