/** Models x suites: the newest score of each, with its interval, for a paper or a spreadsheet. */
import { formatAccuracy } from '../../shared/format.ts';
import type { EvaluationRecord } from '../../shared/records.ts';
import type { ExportTable } from '../exports.ts';
import { groupLabel } from '../scores.ts';

type Score = Omit<EvaluationRecord, 'id' | 'runId' | 'step' | 'items' | 'createdAt' | 'seconds'>;

/** @param scores at most one of each model on each suite under one set of conditions; suite and conditions make a column */
export function suiteTable(scores: readonly Score[]): ExportTable {
  const columns = [...new Set(scores.map(groupLabel))].sort();
  const models = [...new Set(scores.map(({ model }) => model))].sort();
  const cell = (model: string, column: string) => {
    const found = scores.find((score) => score.model === model && groupLabel(score) === column);
    return found ? formatAccuracy(found.score, found.low, found.high) : null;
  };
  return { title: 'Scores in percent, with 95 % intervals', head: ['model', ...columns], rows: models.map((model) => [model, ...columns.map((column) => cell(model, column))]) };
}
