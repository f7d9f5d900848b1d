/** What pages show and export: tables, curves, colours, words. */
import { describe, expect, it } from 'vitest';
import { chartLine, extentOf, labelOffsets, nearestPoint, stepsWithin, withDetail, withGaps } from '../../../src/shared/curves.ts';
import { differingWords } from '../../../src/renderer/compare/words.ts';
import { suiteTable } from '../../../src/renderer/evaluate/suiteTable.ts';
import { toCsv, toLatex, toMarkdown } from '../../../src/renderer/exports.ts';
import { styleOfRun, stylesOfRuns } from '../../../src/shared/runColours.ts';
import { formatAgo, formatCompact, formatSigned } from '../../../src/shared/format.ts';

const table = { title: 'T', head: ['name', 'value'], rows: [['a,"b"', 1.5], ['=SUM(A1)', null], ['x|y', 0.25]] as (string | number | null)[][] };

describe('exports', () => {
  it('are CSV that spreadsheets read and do not run', () => {
    expect(toCsv(table)).toBe('name,value\r\n"a,""b""",1.5\r\n\'=SUM(A1),\r\nx|y,0.25\r\n');
  });
  it('are Markdown and LaTeX', () => {
    expect(toMarkdown([table])).toContain('| x\\|y | 0.25 |');
    expect(toLatex({ title: 'T', head: ['a_b', 'c'], rows: [['50 % ± 1', '−2']] })).toContain('50 \\% $\\pm$ 1 & $-$2 \\\\');
  });
});

it('W&B 1657: a table of models and suites, as CSV and LaTeX', () => {
  const score = (model: string, suite: string, value: number) => ({ model, suite, protocol: 'p', version: '1', startToken: '<s>', prefixSpace: false, score: value, low: value - 0.02, high: value + 0.01 });
  const made = suiteTable([score('b_1', 'blimp', 0.7), score('a', 'blimp', 0.65), score('a', 'ewok', 0.5)]);
  expect(toCsv(made)).toBe('model,"blimp · p, 1, after <s>, no prefix space","ewok · p, 1, after <s>, no prefix space"\r\na,65.0 ± 2.0,50.0 ± 2.0\r\nb_1,70.0 ± 2.0,\r\n');
  expect(toLatex(made)).toContain('b\\_1 & 70.0 $\\pm$ 2.0 &  \\\\');
});

describe('curves', () => {
  const series = { metric: 'm', count: 4, steps: [1, 2, 3, 4], values: [3, NaN, 1, 2], smoothed: [3, NaN, 2, 2], tokens: [10, 20, null, 40], epochs: [null, null, null, null], seconds: [1, 2, 3, 4] };
  const options = { id: 'r', name: 'run', style: { colour: '#000', dash: 'solid' } as const, measured: false, lowerIsBetter: true };
  it('break where a value is not a number, and mark the best', () => {
    const line = chartLine(series, { ...options, x: 'step' });
    expect(line.points).toEqual([[1, 3], [2, null], [3, 1], [4, 2]]);
    expect(line.best).toEqual([3, 1]);
    expect(line.breaks).toEqual([{ x: 2, why: 'not a finite number' }]);
    expect(chartLine(series, { ...options, x: 'step', lowerIsBetter: false }).best).toEqual([1, 3]);
  });
  it('have labels that do not cover each other and stay near their lines', () => {
    expect(labelOffsets([10, 100], 13)).toEqual([0, 0]);
    const places = [50, 52, 51, 90, 64];
    const labels = labelOffsets(places, 13).map((offset, i) => places[i]! + offset);
    const sorted = [...labels].sort((a, b) => a - b);
    for (let i = 1; i < sorted.length; i++) expect(sorted[i]! - sorted[i - 1]!).toBeGreaterThanOrEqual(13 - 1e-9);
    expect(labels[0]!).toBeLessThan(labels[2]!);
    expect(labels[2]!).toBeLessThan(labels[1]!);
    expect(Math.max(...labels.map((at, i) => Math.abs(at - places[i]!)))).toBeLessThan(2 * 13);
  });
  it('have a value under the crosshair wherever they run, and none in a gap or beyond their ends', () => {
    const points: [number, number | null][] = [[10, 1], [20, 2], [30, null], [40, 4]];
    expect([10, 14, 16, 20, 24, 29, 38, 40].map((x) => nearestPoint(points, x)?.[1] ?? null)).toEqual([1, 1, 2, 2, 2, null, 4, 4]);
    expect([nearestPoint(points, 9), nearestPoint(points, 41), nearestPoint([], 1)]).toEqual([null, null, null]);
  });
  it('are looked at closely where a hand has zoomed, and from afar elsewhere', () => {
    const far = { ...series, count: 100, steps: [0, 25, 50, 75, 100], values: [5, 4, 3, 2, 1], smoothed: [], tokens: [0, 250, 500, 750, 1000], epochs: [], seconds: [] };
    const steps = stepsWithin(far, 'tokens', { from: 450, to: 550 });
    expect(steps).toEqual({ from: 25, to: 75 });
    const near = { ...far, count: 51, steps: [25, 40, 60, 75], values: [4, 9, -9, 2], tokens: [250, 400, 600, 750] };
    const joined = withDetail(far, near, steps);
    expect(joined.steps).toEqual([0, 25, 40, 60, 75, 100]);
    expect(joined.values).toEqual([5, 4, 9, -9, 2, 1]);
    expect(joined.tokens).toEqual([0, 250, 400, 600, 750, 1000]);
    expect(joined.smoothed).toEqual([]);
    const line = chartLine(joined, { ...options, x: 'tokens' });
    expect(extentOf([[line], []])).toEqual({ from: 0, to: 1000 });
    expect(extentOf([[]])).toBeNull();
  });
  it('leave out points without a place on the axis', () => {
    expect(chartLine(series, { ...options, x: 'tokens' }).points.map(([x]) => x)).toEqual([10, 20, 40]);
    expect(chartLine(series, { ...options, x: 'epoch' }).points).toEqual([]);
  });
  it('show a pause as a gap', () => {
    const points = withGaps([[0, 1], [1, 1], [2, 1], [3, 1], [500, 1], [501, 1]]);
    expect(points[4]).toEqual([4, null]);
    expect(points).toHaveLength(7);
  });
});

describe('run colours', () => {
  it('are the same for a run on every page, and different in one chart', () => {
    const ids = Array.from({ length: 8 }, (_, i) => `run${i}`);
    const styles = stylesOfRuns(ids, false);
    expect(new Set([...styles.values()].map(({ colour, dash }) => colour + dash)).size).toBe(8);
    for (const id of ids) expect(styleOfRun(id, false)).toEqual(styles.get(id));
    expect(stylesOfRuns([...ids].reverse(), false)).toEqual(styles);
  });
});

it('marks the words in which two sentences differ', () => {
  const { good, bad } = differingWords('The foxes sleep.', 'The fox sleep.');
  expect(good.filter(({ differs }) => differs).map(({ text }) => text)).toEqual(['foxes']);
  expect(bad.map(({ text }) => text).join('')).toBe('The fox sleep.');
});

it('writes numbers as people read them', () => {
  expect([12_345, 1_234_567, 0.00012, 7, 3.14159].map(formatCompact)).toEqual(['12.35k', '1.235M', '1.20e−4', '7', '3.142']);
  expect([formatSigned(1.26), formatSigned(-0.5, 2)]).toEqual(['+1.3', '−0.50']);
  expect([formatAgo(0, 30_000), formatAgo(0, 300_000), formatAgo(0, 7_200_000)]).toEqual(['just now', '5 min ago', '2 h ago']);
});
