/** Models x suites: the newest accuracy of each, with its interval, for a paper or a spreadsheet. */
import { formatAccuracy } from '../../shared/format.ts';
import type { EvaluationRecord } from '../../shared/records.ts';
import type { ExportTable } from '../exports.ts';

type Score = Pick<EvaluationRecord, 'model' | 'suite' | 'protocol' | 'version' | 'accuracy' | 'low' | 'high'>;

/** @param scores at most one of each model on each suite, protocol and version; these three make a column */
export function suiteTable(scores: readonly Score[]): ExportTable {
  const column = ({ suite, protocol, version }: Score) => `${suite} (${protocol}, ${version})`;
  const columns = [...new Set(scores.map(column))].sort();
  const models = [...new Set(scores.map(({ model }) => model))].sort();
  const cell = (model: string, wanted: string) => {
    const found = scores.find((score) => score.model === model && column(score) === wanted);
    return found ? formatAccuracy(found.accuracy, found.low, found.high) : null;
  };
  return { title: 'Accuracy in percent, with 95 % intervals', head: ['model', ...columns], rows: models.map((model) => [model, ...columns.map((wanted) => cell(model, wanted))]) };
}
