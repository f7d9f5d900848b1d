/** Requests about suites, scores and the items behind them. */
import { existsSync, readdirSync } from 'node:fs';
import { basename, dirname, join } from 'node:path';
import { CriaError } from '../../shared/errors.ts';
import type { JobParams } from '../../shared/jobs.ts';
import { comparisonKey } from '../../shared/scores.ts';
import { breakDown, type BrokenDown } from '../evaluation/breakdown.ts';
import { listOwnSuites, locateSuite, type Places } from '../evaluation/data.ts';
import { addOwnPairs } from '../evaluation/ownPairs.ts';
import { SUITES } from '../evaluation/suites.ts';
import { OWN_PREFIX } from '../evaluation/suites/own.ts';
import type { Suite } from '../evaluation/suites/suite.ts';
import { listKeptWeights } from '../training/runFiles.ts';
import { leaderboard } from './leaderboard.ts';
import { findEvaluation, itemsOf, itemsOfSubtask } from './scoredItems.ts';
import { findModel, type Caller } from './caller.ts';
import { started, type DomainHandlers, type Services } from './services.ts';

export function evaluationHandlers({ store, workspace, queue }: Services): DomainHandlers<'evaluation'> {
  const describeSuite = (suite: Suite, places: Places, found: string | null) => {
    const { name, title, method, protocols, howToGet, subtasks } = suite;
    const located = tryLocate(name, places);
    return {
      name, title, kind: method.kind, protocols: [...protocols], howToGet, subtasks: subtasks?.length ?? null,
      folder: found ?? (located?.files[0] ? (located.release ? located.files[0].path : dirname(located.files[0].path)) : null),
      isOwn: found !== null,
      isGated: method.kind === 'choice' && method.isGated,
      needsVocabulary: located?.release != null,
    };
  };

  /** A lab's own suite by the name that it has in the workspace, or by a path. */
  const mayRead = (own: string, caller: Caller) => {
    if (!listOwnSuites(workspace.data).some(({ suite }) => suite.name === `${OWN_PREFIX}${own}`)) caller.read(own);
  };

  return {
    'evaluation.start'({ models, checkpoints, ...params }, caller) {
      mayUse(params, caller);
      if (params.vocabulary !== null) caller.read(params.vocabulary);
      if (params.out !== null) caller.write(params.out);
      // Fetched files land beside those that are there.
      if (params.data !== null && params.download) caller.write(join(params.data, 'evaluation_data'));
      for (const suite of params.suites) if (suite.startsWith(OWN_PREFIX)) mayRead(suite.slice(OWN_PREFIX.length), caller);
      const resolved: JobParams<'evaluate'>['models'] = models.flatMap((model) => {
        const found = findModel(workspace, model, caller);
        return [found, ...(checkpoints ? checkpointsOf(found) : [])];
      });
      const name = `Evaluate ${[...new Set(resolved.map((model) => model.name))].join(', ')}`;
      return started(queue.submit({ kind: 'evaluate', name, params: { models: resolved, ...params } }));
    },
    'evaluation.score'({ model, pairs }, caller) {
      const resolved = findModel(workspace, model, caller);
      caller.read(pairs);
      return started(queue.submit({ kind: 'score', name: `Score ${basename(pairs)} with ${resolved.name}`, params: { model: resolved, pairs } }));
    },
    'evaluation.suites'({ data, folders }, caller) {
      mayUse({ data, folders }, caller);
      const places = { data, folders, workspaceData: workspace.data };
      const known = SUITES.map((suite) => {
        const entry = describeSuite(suite, places, null);
        return { ...entry, folder: entry.folder ?? demoFolder(suite.name, workspace.corpora) };
      });
      return [...known, ...listOwnSuites(workspace.data).map(({ suite, path }) => describeSuite(suite, places, path))];
    },
    'evaluation.addSuite': ({ name, file, text }) => addOwnPairs(workspace.data, name, file, text),
    'evaluation.list': (filter) => store.listEvaluations(filter),
    'evaluation.subtasks': ({ evaluationId }) => store.listSubtasks(evaluationId),
    'evaluation.leaderboard': ({ protocol }) => leaderboard(store, protocol),

    async 'evaluation.pairs'({ evaluationIds, subtask, disagreeing, limit }) {
      const evaluations = comparable(evaluationIds.map((id) => findEvaluation(store, id)));
      const measured = evaluationIds.map((id) => {
        const found = store.outcomes(id).find((candidate) => candidate.subtask === subtask);
        if (found?.kind !== 'choice') throw new CriaError('not-found', `Evaluation ${id} has no pairs of "${subtask}".`);
        return found.logprobs;
      });
      const { suite, items } = await itemsOfSubtask(store, workspace, evaluations[0]!, subtask);
      const rows = items.flatMap(({ context, good, bad }, index) => {
        const logprobs = measured.map((values) => ({ good: values[2 * index]!, bad: values[2 * index + 1]! }));
        const right = logprobs.filter((values) => values.good >= values.bad).length;
        return disagreeing && (right === 0 || right === logprobs.length) ? [] : [{ index, context, good, bad, logprobs }];
      });
      return { total: rows.length, isGated: suite.method.isGated, pairs: rows.slice(0, limit) };
    },

    async 'evaluation.breakdown'({ evaluationIds, by }) {
      const evaluations = comparable(evaluationIds.map((id) => findEvaluation(store, id)));
      const { files, items } = await itemsOf(store, workspace, evaluations[0]!);
      const measured = evaluationIds.map((id) => new Map(store.outcomes(id).map((outcome) => [outcome.subtask, outcome])));
      const subtasks = files.map(({ name }): BrokenDown => {
        const outcomes = measured.map((bySubtask) => {
          const outcome = bySubtask.get(name);
          if (outcome?.kind !== 'choice') throw new CriaError('not-found', `Not every evaluation has pairs of "${name}".`);
          return outcome;
        });
        return { subtask: name, phenomenon: outcomes[0]!.phenomenon, items: items.get(name)!, outcomes };
      });
      return breakDown(subtasks, by).map(({ group, items: count, scores }) => ({ group, items: count, scores: scores.map(({ value, low, high }) => ({ score: value, low, high })) }));
    },
  };

  /** The weights that the run of a workspace's model has kept, the earliest first. */
  function checkpointsOf(model: { name: string; folder: string }): JobParams<'evaluate'>['models'] {
    const runId = store.listModels().find(({ folder }) => folder === model.folder)?.runId;
    const kept = runId == null ? [] : listKeptWeights(workspace.runFolder(runId));
    return kept.map(({ step, path }) => ({ ...model, checkpoint: { step, weights: path } }));
  }
}

/** @throws CriaError `not-allowed` for folders that are not for whoever asks */
function mayUse({ data, folders = {} }: Pick<Places, 'data' | 'folders'>, caller: Caller): void {
  for (const folder of [data, ...Object.values(folders)]) if (folder !== null) caller.read(folder);
}

/** @throws CriaError `bad-request` for scores that may not be set against each other */
function comparable<T extends Parameters<typeof comparisonKey>[0]>(evaluations: T[]): T[] {
  if (new Set(evaluations.map(comparisonKey)).size > 1) {
    throw new CriaError('bad-request', 'These scores are of other items or were made in other ways, so they cannot be compared.', 'Evaluate the models together.');
  }
  return evaluations;
}

function tryLocate(name: string, places: Places) {
  try {
    return locateSuite(name, places);
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
