/** Requests about other tools' runs, and about ours for other tools. */
import { basename } from 'node:path';
import { CriaError } from '../../shared/errors.ts';
import { CURVE_KINDS } from '../../shared/jobs.ts';
import { metricAliases } from '../../shared/metrics.ts';
import { compareRuns } from '../compare.ts';
import { collectCard } from '../exchange/collectCard.ts';
import { findRuns } from '../exchange/findRuns.ts';
import { VERSION } from '../version.ts';
import { started, type DomainHandlers, type Services } from './services.ts';

/** Charts of a report, where nothing else is asked for. */
const REPORTED = ['train/crossEntropy', 'eval/loss', 'train/kl', 'train/learningRate', 'train/gradientNorm'];
const REPORT_POINTS = 1200;

export function exchangeHandlers({ store, workspace, queue }: Services): DomainHandlers<'exchange'> {
  const findAll = (references: readonly string[]) => references.map((reference) => store.getRun(store.findRun(reference)));

  return {
    'exchange.find'({ path }, caller) {
      caller.read(path);
      return findRuns(path);
    },
    'exchange.import'({ sources, project }, caller) {
      for (const path of sources.flatMap(({ paths }) => paths)) caller.read(path);
      return { runIds: sources.map((source) => queue.submit({ kind: 'imported', name: source.name, project, params: { source } })) };
    },
    'exchange.export'({ runs, format, output }, caller) {
      caller.write(output);
      const found = findAll(runs);
      const curveless = found.find(({ kind }) => !CURVE_KINDS.includes(kind));
      if (curveless) throw new CriaError('bad-request', `Run ${curveless.id} (${curveless.name}) has no curves.`, 'Leave it out.');
      const exported = found.map(({ id, name, startedAt, createdAt, params }) => ({
        id, name, folder: workspace.runFolder(id), startedAt: startedAt ?? createdAt, config: (params as { config?: unknown }).config,
      }));
      return started(queue.submit({ kind: 'export-runs', name: `Export to ${basename(output)}`, params: { runs: exported, format, output } }));
    },
    async 'exchange.report'({ runs, metrics = REPORTED }) {
      const ids = findAll(runs).map(({ id }) => id);
      const names = [...new Set(metrics.flatMap(metricAliases))];
      const series = new Map(ids.map((id) => [id, new Map(store.metricSeries(id, names, { maxPoints: REPORT_POINTS }).map((each) => [each.metric, each]))]));
      // The library that draws is loaded when the first report is asked for.
      const { comparisonReport } = await import('../exchange/report.ts');
      const comparison = compareRuns(store, ids);
      return {
        name: `${comparison.runs.map(({ name }) => name.replaceAll(/[^\p{L}\p{N}._+-]+/gu, '-')).join('-vs-').slice(0, 100)}.html`,
        html: comparisonReport(comparison, { series, metrics, version: VERSION, madeAt: Date.now() }),
      };
    },
    'exchange.card'({ model }) {
      const found = store.listModels().find(({ name }) => name === model);
      if (!found) throw new CriaError('not-found', `There is no model "${model}" in the workspace.`, 'See `cria models` for the names.');
      return { text: collectCard(store, found) };
    },
  };
}
