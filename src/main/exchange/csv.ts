/**
 * Curves as comma-separated values, in the forms that tools write them:
 * - one run: a column of steps, a column per metric (`run.history().to_csv()`, Lightning's metrics.csv, Cria's own export);
 * - a W&B chart: a column of steps, then "<run> - <metric>" with its __MIN and __MAX for each run;
 * - a TensorBoard curve: Wall time, Step, Value; the file's name tells the metric.
 */
import { closeSync, createReadStream, openSync, readSync } from 'node:fs';
import { basename } from 'node:path';
import { parse } from 'csv-parse';
import { parse as parseAll } from 'csv-parse/sync';
import { CriaError } from '../../shared/errors.ts';
import type { Reading } from './reading.ts';

const STEP = /^(_step|step|global_step|train\/global_step|trainer\/global_step)$/i;
const EXTREME = /__(MIN|MAX)$/;
const HEAD_BYTES = 1 << 18;
const BYTES_EVERY = 1000;

interface Column {
  index: number;
  /** Name of the run; null when the file is of one run. */
  run: string | null;
  metric: string;
}

interface Layout {
  step: number;
  columns: Column[];
}

/** Names of the runs in a file; [null] when it holds one that it does not name. @throws CriaError `bad-input` when it holds no curves */
export function runsInCsv(path: string): (string | null)[] {
  return [...new Set(layoutOf(path, readHead(path)).columns.map(({ run }) => run))];
}

/** @param run one that {@link runsInCsv} names */
export async function* readCsv(path: string, run: string | null): AsyncGenerator<Reading> {
  const layout = layoutOf(path, readHead(path));
  const columns = layout.columns.filter((column) => column.run === run);
  const parser = createReadStream(path).pipe(parse({ bom: true, from_line: 2, relax_column_count: true, skip_empty_lines: true }));
  let rows = 0;
  for await (const row of parser as AsyncIterable<string[]>) {
    const step = Number(row[layout.step]);
    const values: Record<string, number> = {};
    for (const { index, metric } of columns) {
      const value = numberOf(row[index] ?? '');
      if (value !== null) values[metric] = value;
    }
    if (Number.isFinite(step) && row[layout.step] !== '' && Object.keys(values).length) yield { record: { step: Math.round(step), values } };
    if (++rows % BYTES_EVERY === 0) yield { bytes: parser.info.bytes };
  }
}

/** Empty where nothing was measured at that step; pandas writes nan in lower case. */
function numberOf(cell: string): number | null {
  const text = cell.trim();
  if (text === '') return null;
  if (/^nan$/i.test(text)) return NaN;
  if (/^[+-]?inf(inity)?$/i.test(text)) return text.startsWith('-') ? -Infinity : Infinity;
  const value = Number(text);
  return Number.isFinite(value) ? value : null;
}

function readHead(path: string): string[] {
  const file = openSync(path, 'r');
  try {
    const buffer = Buffer.alloc(HEAD_BYTES);
    const text = buffer.toString('utf8', 0, readSync(file, buffer, 0, HEAD_BYTES, 0));
    return (parseAll(text, { bom: true, to_line: 1, relax_column_count: true, relax_quotes: true }) as string[][])[0] ?? [];
  } finally {
    closeSync(file);
  }
}

function layoutOf(path: string, head: readonly string[]): Layout {
  const refuse = (message: string, hint: string) => new CriaError('bad-input', `${path} ${message}`, hint);
  if (head.includes('Wall time') && head.includes('Step') && head.includes('Value')) {
    const metric = /tag-(.+)\.csv$/i.exec(basename(path))?.[1] ?? 'train/loss';
    return { step: head.indexOf('Step'), columns: [{ index: head.indexOf('Value'), run: null, metric: metric.replace(/^(train|eval)_/, '$1/') }] };
  }
  const named = (name: string, index: number): Column[] => {
    const cut = name.lastIndexOf(' - ');
    return cut < 0 || EXTREME.test(name) ? [] : [{ index, run: name.slice(0, cut), metric: name.slice(cut + 3) }];
  };
  const step = head.findIndex((name) => STEP.test(name.trim()));
  const ofCharts = head.flatMap(named).filter(({ metric }) => metric !== '_step');
  if (step < 0) {
    if (ofCharts.length) throw refuse(`has "${head[0]}" as its x axis, not steps.`, 'Set the chart\'s x axis to Step and export it again.');
    if (head.includes('Name') && head.includes('State')) throw refuse('is W&B\'s table of runs, which holds no curves.', 'Export a chart as CSV, or import the offline-run folder.');
    throw refuse('has no column of steps.', 'Name it "step"; the other columns are metrics, one row per step.');
  }
  if (ofCharts.length) return { step, columns: ofCharts };
  // pandas puts an index without a name first.
  const columns = head.flatMap((name, index) => (index === step || name === '' || /^Unnamed: \d+$/.test(name) ? [] : [{ index, run: null, metric: name.trim() }]));
  if (!columns.length) throw refuse('has steps and nothing else.', 'Give each metric a column.');
  return { step, columns };
}
