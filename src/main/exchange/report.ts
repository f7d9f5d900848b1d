/** A comparison as one HTML file that opens anywhere: pictures and tables inside, no script, nothing to fetch. */
import type { ResultOf } from '../../shared/contract.ts';
import { chartLine } from '../../shared/curves.ts';
import { formatAccuracy, formatDuration, formatInteger, formatLoss, formatSigned } from '../../shared/format.ts';
import { describeMetric, metricAliases } from '../../shared/metrics.ts';
import type { MetricSeries } from '../../shared/records.ts';
import { stylesOfRuns } from '../../shared/runColours.ts';
import { describeConditions } from '../../shared/scores.ts';
import { curvePicture } from './curvePicture.ts';

type Comparison = ResultOf<'run.compare'>;
type Score = Comparison['scores'][number];

export interface ReportOptions {
  /** Run id -> its series, by metric. */
  series: Map<string, Map<string, MetricSeries>>;
  /** Charts, in this order; those that no run has are left out. */
  metrics: readonly string[];
  version: string;
  madeAt: number;
}

/** Below this, after Holm's correction, a paradigm's difference is marked. */
const SIGNIFICANT = 0.05;

export function comparisonReport(comparison: Comparison, options: ReportOptions): string {
  const { runs } = comparison;
  const styles = stylesOfRuns(runs.map(({ id }) => id), false, new Map());
  const title = runs.map(({ name }) => name).join(', ');
  const legend = runs.map(({ id, name }, i) => `<span class="run"><i style="border-top:3px ${styles.get(id)!.dash} ${styles.get(id)!.colour}"></i>${escape(name)}${i ? '' : ' <small>baseline</small>'}</span>`);
  const sections = [
    `<h1>${escape(title)}</h1><p class="runs">${legend.join(' ')}</p>`,
    runTable(comparison),
    configTable(comparison),
    ...options.metrics.flatMap((metric) => chart(comparison, metric, options, styles)),
    metricTable(comparison),
    ...comparison.scores.map((score) => scoreTable(runs, score)),
    `<footer>Made by Cria ${escape(options.version)} on ${new Date(options.madeAt).toISOString().slice(0, 16).replace('T', ' ')} UTC. Losses in nats per token. * The difference to ${escape(runs[0]!.name)} is significant: exact McNemar test on the pairs, corrected for the number of paradigms (Holm), below ${SIGNIFICANT}; for means, a 95 % interval that leaves 0 out.</footer>`,
  ];
  return `<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta http-equiv="Content-Security-Policy" content="default-src 'none'; style-src 'unsafe-inline'; img-src data:">
<title>${escape(title)}</title>
<style>${STYLE}</style>
</head>
<body>
<main>
${sections.filter(Boolean).join('\n')}
</main>
</body>
</html>
`;
}

function runTable({ runs }: Comparison): string {
  const rows = runs.map((run) => [
    th(run.name), td(run.id, 'mono'), td(run.kind === 'imported' ? 'imported' : run.state), td(run.step === null ? '–' : formatInteger(run.step), 'number'),
    td(run.startedAt !== null && run.finishedAt !== null ? formatDuration((run.finishedAt - run.startedAt) / 1000) : '–', 'number'),
    td(run.startedAt === null ? '–' : new Date(run.startedAt).toISOString().slice(0, 16).replace('T', ' ')),
  ]);
  return section('Runs', table([th('run'), th('id'), th('state'), th('steps', 'number'), th('time', 'number'), th('started (UTC)')], rows));
}

function configTable({ runs, config }: Comparison): string {
  const differing = config.filter(({ differs }) => differs);
  const equal = config.length - differing.length;
  const rows = differing.map(({ key, values }) => [th(key), ...values.map((value) => td(plain(value), 'mono'))]);
  return section('Config', `${rows.length ? table([th('key'), ...runs.map(({ name }) => th(name))], rows) : '<p>The configs are equal.</p>'}<p class="muted">${equal} more keys are equal.</p>`);
}

/** JSON text as a person writes it. */
function plain(json: string): string {
  if (json === '') return '–';
  const value: unknown = JSON.parse(json);
  if (typeof value === 'string') return value;
  return Array.isArray(value) ? value.join(', ') : JSON.stringify(value);
}

function chart({ runs }: Comparison, metric: string, { series }: ReportOptions, styles: ReturnType<typeof stylesOfRuns>): string[] {
  const { title, unit, measured = false, lowerIsBetter = false } = describeMetric(metric);
  const lines = runs.flatMap(({ id, name }) => {
    const found = metricAliases(metric).map((alias) => series.get(id)?.get(alias)).find((each) => each?.count);
    return found ? [chartLine(found, { id, name, style: styles.get(id)!, x: 'step', measured, lowerIsBetter })] : [];
  });
  if (!lines.length) return [];
  const summary = lines.map(({ name, best }) => (best ? `${name}: best ${formatLoss(best[1])} at step ${formatInteger(best[0])}` : name)).join('; ');
  return [`<figure><figcaption><strong>${escape(title)}</strong> ${escape(unit)}, by step</figcaption><div role="img" aria-label="${escape(summary)}">${curvePicture(lines, { width: 900, height: 320 })}</div></figure>`];
}

function metricTable({ runs, metrics }: Comparison): string {
  const rows = metrics.map(({ metric, last, best }) => [th(describeMetric(metric).title), ...last.map((value, i) => td(`${formatLoss(value)} (${formatLoss(best[i]!)})`, 'number'))]);
  return rows.length ? section('Last and best values', table([th('last (best)'), ...runs.map(({ name }) => th(name, 'number'))], rows)) : '';
}

function scoreTable(runs: Comparison['runs'], score: Score): string {
  const means = runs.map(({ id }, i) => {
    if (score.scores[i] === null) return td('not scored', 'number');
    const against = score.against.find(({ runId }) => runId === id);
    const difference = against ? ` <small>${formatSigned(100 * against.difference)}${against.low > 0 || against.high < 0 ? ' *' : ''}</small>` : '';
    return `<td class="number">${formatAccuracy(score.scores[i]!, score.low[i]!, score.high[i]!)}${difference}</td>`;
  });
  const [any] = score.against;
  const rows = any?.subtasks.map((first, index) => [
    th(first.subtask.replaceAll('_', ' ')),
    td(first.phenomenon?.replaceAll('_', ' ') ?? ''),
    ...runs.map(({ id }, column) => {
      if (!column) return td((100 * first.scores[0]!).toFixed(1), 'number');
      const paired = score.against.find(({ runId }) => runId === id)?.subtasks[index];
      if (!paired) return td('–', 'number');
      const difference = formatSigned(100 * (paired.scores[1]! - paired.scores[0]!));
      return `<td class="number">${(100 * paired.scores[1]!).toFixed(1)} <small>${difference}${paired.pAdjusted < SIGNIFICANT ? ' *' : ''}</small></td>`;
    }),
  ]) ?? [];
  const head = [th('score in percent'), th('phenomenon'), ...runs.map(({ name }) => th(name, 'number'))];
  return section(`${score.suite} (${describeConditions(score)})`, table(head, [[th('mean over paradigms'), td(''), ...means], ...rows]));
}

const section = (title: string, body: string) => `<section><h2>${escape(title)}</h2>${body}</section>`;
const table = (head: string[], rows: string[][]) => `<div class="scroll"><table><thead><tr>${head.join('')}</tr></thead><tbody>${rows.map((row) => `<tr>${row.join('')}</tr>`).join('\n')}</tbody></table></div>`;
const th = (text: string, kind = '') => `<th${kind && ` class="${kind}"`}>${escape(text)}</th>`;
const td = (text: string, kind = '') => `<td${kind && ` class="${kind}"`}>${escape(text)}</td>`;
const escape = (text: string) => text.replace(/[&<>"']/g, (character) => `&#${character.charCodeAt(0)};`);

const STYLE = `
:root { color-scheme: light; }
body { margin: 0; background: #fff; color: #1d1d1b; font: 14px/1.45 system-ui, sans-serif; font-variant-numeric: tabular-nums; }
main { max-width: 1100px; margin: 0 auto; padding: 24px; }
h1 { font-size: 22px; } h2 { margin: 28px 0 8px; font-size: 16px; }
table { border-collapse: collapse; font-size: 13px; }
th, td { padding: 3px 12px 3px 0; border-bottom: 1px solid #dededb; text-align: left; vertical-align: baseline; }
tbody th { font-weight: 400; }
.number { text-align: right; white-space: nowrap; }
.mono { font-family: ui-monospace, monospace; font-size: 12px; }
.scroll { overflow-x: auto; }
.run { margin-right: 18px; } .run i { display: inline-block; width: 18px; margin-right: 6px; vertical-align: middle; }
small, .muted, footer { color: #5e5e59; } footer { margin-top: 32px; font-size: 12px; }
figure { margin: 24px 0 0; } svg { max-width: 100%; height: auto; }
`;
