/** The columns of the run list: those that are always there, and values of metrics that a person picks beside them. */
import { ref, watch, type Ref } from 'vue';
import { formatCompact, formatLoss, formatQuantity } from '../../shared/format.ts';
import type { MetricColumn } from '../../shared/contract/runs.ts';
import { describeMetric, METRICS } from '../../shared/metrics.ts';

export const FIXED_COLUMNS = [
  { key: 'name', label: 'Name', sort: 'name' },
  { key: 'state', label: 'State', sort: 'state' },
  { key: 'spark', label: 'Train loss', sort: 'trainLoss' },
  { key: 'eval', label: 'Eval loss', sort: 'evalLoss' },
  { key: 'best', label: 'Best', sort: 'bestEvalLoss' },
  { key: 'step', label: 'Steps', sort: null },
  { key: 'time', label: 'Time', sort: null },
  { key: 'created', label: 'Started', sort: 'created' },
] as const;
export type FixedSort = Exclude<(typeof FIXED_COLUMNS)[number]['sort'], null>;

const KEY = 'cria.runs.columns';
const VALUES = ['last', 'min', 'max'] as const;

/** "train/loss:min", as it stands in addresses. */
export const columnName = ({ metric, value }: MetricColumn) => `${metric}:${value}`;

export function parseColumn(name: string): MetricColumn | null {
  const at = name.lastIndexOf(':');
  const value = VALUES.find((each) => each === name.slice(at + 1));
  return at > 0 && value ? { metric: name.slice(0, at), value } : null;
}

/** "Training loss, best": smallest and largest are called best where one of them is. */
export function columnTitle({ metric, value }: MetricColumn): string {
  const { title, lowerIsBetter } = describeMetric(metric);
  return `${title}, ${value === 'min' && lowerIsBetter ? 'best' : value}`;
}

export function formatColumn({ metric }: MetricColumn, value: number | null): string {
  if (value === null) return '–';
  const { unit } = describeMetric(metric);
  return unit === 'bytes' ? formatQuantity(value, unit) : metric.includes('oss') ? formatLoss(value) : formatCompact(value);
}

/** Everything that can be picked, the values of a metric together. */
export const CHOICES: readonly MetricColumn[] = Object.keys(METRICS).flatMap((metric) => VALUES.map((value) => ({ metric, value })));

/** The picked columns; they are remembered. */
export function useColumns(): { columns: Ref<MetricColumn[]>; toggle(column: MetricColumn): void } {
  const columns = ref((localStorage.getItem(KEY) ?? '').split(' ').flatMap((name) => parseColumn(name) ?? []));
  watch(columns, (picked) => localStorage.setItem(KEY, picked.map(columnName).join(' ')));
  const toggle = (column: MetricColumn) => {
    const name = columnName(column);
    const others = columns.value.filter((each) => columnName(each) !== name);
    columns.value = others.length < columns.value.length ? others : [...others, column];
  };
  return { columns, toggle };
}
