/** Requests about runs. */
import { existsSync } from 'node:fs';
import { resolve } from 'node:path';
import { CriaError } from '../../shared/errors.ts';
import { checkRunConfig, readRunConfig } from '../config/readRunConfig.ts';
import { compareRuns } from '../compare.ts';
import { isPath } from '../workspace.ts';
import { listCheckpoints, readSamples } from '../training/runFiles.ts';
import { started, type DomainHandlers, type Services } from './services.ts';

const SPARKLINE_POINTS = 40;

export function runHandlers({ store, workspace, queue, emit }: Services): DomainHandlers<'run'> {
  const findRun = (reference: string) => store.getRun(store.findRun(reference));

  return {
    'run.start'({ configFile, configText, workingFolder, overrides, method }, caller) {
      if (configText === undefined) caller.read(configFile);
      const options = { overrides, searchFolders: [workingFolder, workspace.root], isReadable: (path: string) => caller.isReadable(path) };
      const { config, warnings } = configText === undefined ? readRunConfig(configFile, options) : checkRunConfig(configText, configFile, options);
      if (method === 'distil' && !config.distillation) {
        throw new CriaError('bad-config', `${configFile} has no "distillation" section, so there is no teacher to distil from.`,
          'Add one (see config/distil-58M.yaml), or run it with `cria train`.');
      }
      if (method === 'train' && config.distillation) {
        throw new CriaError('bad-config', `${configFile} has a "distillation" section.`, 'Run it with `cria distill`, or take the section out.');
      }
      const name = config.model.name;
      if (existsSync(workspace.modelFolder(name))) {
        throw new CriaError('exists', `There is a model named "${name}" already (${workspace.modelFolder(name)}).`,
          'Choose another name with --model-name, or remove that model first.');
      }
      const rival = store.listRuns({ kinds: ['train'], states: ['running', 'waiting'], limit: 10_000 }).rows.find((run) => run.modelName === name);
      if (rival) throw new CriaError('exists', `Run ${rival.id} is making a model named "${name}".`, 'Choose another name with --model-name.');
      // Paths become absolute and a missing teacher is refused now, not when the queue gets to it.
      const teachers = config.distillation?.teachers.map((teacher) => {
        const reference = isPath(teacher) ? resolve(workingFolder, teacher) : teacher;
        if (isPath(reference)) caller.read(reference);
        workspace.resolveModel(reference);
        return reference;
      });
      const runId = queue.submit({
        kind: 'train',
        name,
        modelName: name,
        project: config.logging.project,
        seed: config.training.seed,
        params: { config: { ...config, distillation: config.distillation && { ...config.distillation, teachers: teachers! } }, resume: false },
      });
      return started(runId, warnings.map(({ line, message }) => (line === null ? message : `line ${line}: ${message}`)));
    },
    'run.resume'({ run }) {
      const { id } = findRun(run);
      queue.resume(id);
      return started(id);
    },
    'run.stop'({ runId }) {
      queue.stop(runId);
      return {};
    },
    'run.pause'({ runId }) {
      queue.pause(runId);
      return {};
    },
    'run.update'({ runIds, patch }) {
      for (const id of runIds) {
        store.getRun(id); // Refuses what does not exist before anything is changed.
      }
      for (const id of runIds) {
        store.updateRun(id, patch);
        emit('run.changed', store.getSummary(id));
      }
      return {};
    },
    'run.list': (filter) => store.listRuns(filter),
    'run.get': ({ run }) => {
      const detail = findRun(run);
      return { ...detail, folder: workspace.runFolder(detail.id) };
    },
    'run.metrics': ({ runId, names, ...options }) => store.metricSeries(runId, names, options),
    'run.sparklines': ({ runIds }) =>
      Object.fromEntries(runIds.map((id) => [id, store.metricSeries(id, ['train/loss'], { maxPoints: SPARKLINE_POINTS, positions: false })[0]!.values.filter(Number.isFinite)])),
    'run.log': ({ runId, limit }) => store.listLog(runId, { limit }),
    'run.checkpoints': ({ runId }) => listCheckpoints(workspace.runFolder(runId)),
    'run.samples': ({ runId }) => readSamples(workspace.runFolder(runId)),
    'run.compare': ({ runs }) => compareRuns(store, runs.map((run) => findRun(run).id)),
  };
}
