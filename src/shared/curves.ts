/** From the engine's metric series to what a chart draws. */
import type { MetricSeries } from './records.ts';
import type { RunStyle } from './runColours.ts';

export const X_AXES = ['step', 'tokens', 'epoch', 'time'] as const;
export type XAxis = (typeof X_AXES)[number];

export const X_LABELS: Record<XAxis, string> = { step: 'step', tokens: 'tokens', epoch: 'epoch', time: 'time' };

export interface ChartLine extends RunStyle {
  /** The run's id: hover and colour follow it through all charts. */
  id: string;
  name: string;
  /** [x, y]; y is null where a gap begins. */
  points: [number, number | null][];
  /** Smoothed points; the raw ones are drawn pale behind them. Empty: none. */
  smoothed: [number, number | null][];
  /** Measured now and then, such as an eval loss: its best point is marked. */
  measured: boolean;
  /** Whether its points are drawn as hollow rings. */
  rings: boolean;
  /** x values at which training paused or broke off. */
  breaks: { x: number; why: string }[];
  best: [number, number] | null;
}

export interface LineOptions {
  id: string;
  name: string;
  style: RunStyle;
  x: XAxis;
  measured: boolean;
  /** Whether small values are good ones. */
  lowerIsBetter: boolean;
}

/** A part of an x axis, or of a run's steps. */
export interface Range {
  from: number;
  to: number;
}

/** Where the points of a series stand on an x axis; null: nowhere. */
function placesOf(series: MetricSeries, x: XAxis): (number | null)[] {
  return x === 'step' ? series.steps : x === 'tokens' ? series.tokens : x === 'epoch' ? series.epochs : series.seconds;
}

/** From the leftmost to the rightmost point of the lines of a page, so that its charts have one x axis; null without any. */
export function extentOf(lines: Iterable<readonly ChartLine[]>): Range | null {
  let [from, to] = [Infinity, -Infinity];
  for (const line of [...lines].flat()) {
    for (const [x] of line.points) {
      if (x < from) from = x;
      if (x > to) to = x;
    }
  }
  return from <= to ? { from, to } : null;
}

/** The point of a line that is nearest to x; null where the line has not begun, is over, or has a gap. */
export function nearestPoint(points: readonly [number, number | null][], x: number): [number, number] | null {
  const last = points.length - 1;
  if (last < 0 || x < points[0]![0] || x > points[last]![0]) return null;
  let [low, high] = [0, last];
  while (low < high) {
    const middle = (low + high) >>> 1;
    if (points[middle]![0] < x) low = middle + 1;
    else high = middle;
  }
  const [before, after] = [points[Math.max(0, low - 1)]!, points[low]!];
  const [at, value] = x - before[0] < after[0] - x ? before : after;
  return value === null ? null : [at, value];
}

/** The steps of a series that a part of the axis shows, and as many more on both sides, so that a hand can pan into them. */
export function stepsWithin(series: MetricSeries, x: XAxis, range: Range): Range {
  const places = placesOf(series, x);
  const margin = range.to - range.from;
  let [from, to] = [-Infinity, Infinity];
  series.steps.forEach((step, i) => {
    const at = places[i];
    if (at === null || at === undefined) return;
    if (at <= range.from - margin) from = step;
    else if (at >= range.to + margin && to === Infinity) to = step;
  });
  return { from, to };
}

/** A series known from afar, with the points of a part of it that has been looked at closely in their place. */
export function withDetail(overview: MetricSeries, detail: MetricSeries, { from, to }: Range): MetricSeries {
  const before = overview.steps.findIndex((step) => step >= from);
  const after = overview.steps.findIndex((step) => step > to);
  const join = <T>(far: readonly T[], near: readonly T[]): T[] => (far.length || near.length ? [...far.slice(0, before < 0 ? far.length : before), ...near, ...(after < 0 ? [] : far.slice(after))] : []);
  return {
    metric: overview.metric,
    count: overview.count,
    steps: join(overview.steps, detail.steps),
    values: join(overview.values, detail.values),
    smoothed: join(overview.smoothed, detail.smoothed),
    tokens: join(overview.tokens, detail.tokens),
    epochs: join(overview.epochs, detail.epochs),
    seconds: join(overview.seconds, detail.seconds),
  };
}

/**
 * How far down each label at a line's end has to move so that none covers another.
 * @param places where the lines end, in pixels from the top
 * @param gap height of a label
 */
export function labelOffsets(places: readonly number[], gap: number): number[] {
  const offsets = places.map(() => 0);
  const order = places.map((_, i) => i).sort((a, b) => places[a]! - places[b]!);
  // Labels that touch become one block around their middle, as often as blocks touch.
  const blocks: { members: number[]; middle: number }[] = [];
  for (const index of order) {
    let block = { members: [index], middle: places[index]! };
    for (let above = blocks.at(-1); above && block.middle - above.middle < (gap * (above.members.length + block.members.length)) / 2; above = blocks.at(-1)) {
      blocks.pop();
      const members = [...above.members, ...block.members];
      block = { members, middle: members.reduce((sum, member) => sum + places[member]!, 0) / members.length };
    }
    blocks.push(block);
  }
  for (const { members, middle } of blocks) members.forEach((member, i) => (offsets[member] = middle + (i - (members.length - 1) / 2) * gap - places[member]!));
  return offsets;
}

/** Rings of more points than these would cover each other and the line. */
const MAX_RINGS = 40;

/** A pause this many times as long as the usual time between points is drawn as a gap on a time axis. */
const GAP_FACTOR = 20;

export function chartLine(series: MetricSeries, { id, name, style, x, measured, lowerIsBetter }: LineOptions): ChartLine {
  const xs = placesOf(series, x);
  const pairs = (values: number[]) => values.flatMap((value, i): [number, number | null][] => {
    const at = xs[i];
    // Not a number: the curve breaks there, which is just what it should show.
    return at === null || at === undefined ? [] : [[at, Number.isFinite(value) ? value : null]];
  });
  const points = pairs(series.values);
  let best: [number, number] | null = null;
  for (const [at, value] of points) if (value !== null && (!best || (lowerIsBetter ? value < best[1] : value > best[1]))) best = [at, value];
  const breaks = points.flatMap(([at, value]) => (value === null ? [{ x: at, why: 'not a finite number' }] : []));
  return {
    id, name, ...style, points, // A handful of measurements is shown as it is.
    smoothed: measured ? [] : pairs(series.smoothed), measured, rings: measured && points.length <= MAX_RINGS, breaks, best,
  };
}

/** Steps between which a line should not be drawn, from the median distance of its points. */
export function withGaps(points: [number, number | null][]): [number, number | null][] {
  if (points.length < 4) return points;
  const distances = points.slice(1).map(([x], i) => x - points[i]![0]).sort((a, b) => a - b);
  const usual = distances[Math.floor(distances.length / 2)]!;
  return points.flatMap((point, i): [number, number | null][] => {
    const before = points[i - 1];
    return before && usual > 0 && point[0] - before[0] > GAP_FACTOR * usual ? [[before[0] + usual, null], point] : [point];
  });
}
