/** A comparison as tables for export. */
import type { ResultOf } from '../../shared/contract.ts';
import { formatSigned } from '../../shared/format.ts';
import { engine } from '../engine/connection.ts';
import type { ExportTable } from '../exports.ts';
import { groupLabel } from '../scores.ts';

type Comparison = ResultOf<'run.compare'>;

const plain = (json: string) => (json === '' ? '' : json.replace(/^"(.*)"$/, '$1'));

export function comparisonTables({ runs, config, scores }: Comparison, allKeys: boolean): ExportTable[] {
  const names = runs.map((run) => run.name);
  const configTable: ExportTable = { title: 'Config', head: ['key', ...names], rows: config.filter(({ differs }) => differs || allKeys).map(({ key, values }) => [key, ...values.map(plain)]) };
  const scoreTables = scores.map((score): ExportTable => {
    const subtasks = score.against[0]?.subtasks.map(({ subtask }) => subtask) ?? [];
    const suiteRow = ['mean over paradigms', ...runs.map((_, i) => (score.scores[i] === null ? null : 100 * score.scores[i]!)), ...score.against.flatMap(({ difference, low, high }) => [100 * difference, `${formatSigned(100 * low)} to ${formatSigned(100 * high)}`])];
    return {
      title: groupLabel(score),
      head: ['paradigm', ...names, ...score.against.flatMap(({ runId }) => [`${runs.find(({ id }) => id === runId)!.name} − ${names[0]}`, 'p corrected, or 95 % interval'])],
      rows: [suiteRow, ...subtasks.map((subtask, row) => [
        subtask,
        ...runs.map((run, i) => {
          const paired = i ? score.against.find(({ runId }) => runId === run.id)?.subtasks[row] : score.against[0]?.subtasks[row];
          return paired ? 100 * paired.scores[i ? 1 : 0]! : null;
        }),
        ...score.against.flatMap(({ subtasks: paired }) => [100 * (paired[row]!.scores[1]! - paired[row]!.scores[0]!), paired[row]!.pAdjusted]),
      ])],
    };
  });
  return [configTable, ...scoreTables];
}

export function metricTable({ runs, metrics }: Comparison): ExportTable {
  return { title: 'Metrics', head: ['metric', ...runs.flatMap(({ name }) => [`${name} last`, `${name} best`])], rows: metrics.map(({ metric, last, best }) => [metric, ...last.flatMap((value, i) => [value, best[i]!])]) };
}

/** The pairs on which the runs disagree, as a list to paste. */
export async function pairsMarkdown({ subtask, evaluationIds, names }: { subtask: string; evaluationIds: number[]; names: string[] }): Promise<string> {
  const { pairs, isGated } = await engine.request('evaluation.pairs', { evaluationIds, subtask, disagreeing: true, limit: 100 });
  // Gated items are not to be passed on in plain text: their numbers stand for them.
  const rows = pairs.map(({ index, context, good, bad, logprobs }) => `- ${isGated ? `item ${index + 1}` : `${context && `${context} `}${good} / *${bad}*`} (${names.map((name, i) => `${name} ${formatSigned(logprobs[i]!.good - logprobs[i]!.bad, 2)}`).join(', ')})`);
  return `\n## ${subtask}: pairs on which they disagree (margins in nats)\n\n${rows.join('\n')}\n`;
}
