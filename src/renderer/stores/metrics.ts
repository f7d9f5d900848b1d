/**
 * Metric series of the runs on a page: loaded once, then again as runs log, at most once a second each. What is zoomed into is looked at
 * closely once the hand rests; until then the view from afar serves.
 */
import { onBeforeUnmount, shallowRef, watch, type Ref } from 'vue';
import type { MetricSeries } from '../../shared/records.ts';
import { stepsWithin, withDetail, type Range, type XAxis } from '../../shared/curves.ts';
import { engine } from '../engine/connection.ts';

export interface MetricsWanted {
  runIds: string[];
  names: string[];
  smoothing: number;
  x: XAxis;
  /** Part of the x axis that is looked at closely; null: all. */
  range: Range | null;
}

/** Two for each pixel of a chart as the pages lay them out: every column of pixels can show its smallest and its largest value. */
const MAX_POINTS = 900;
const REFRESH_MS = 1000;
const REST_MS = 50;

type ByMetric = Map<string, MetricSeries>;

/** @returns run id -> metric -> series */
export function useMetrics(wanted: Ref<MetricsWanted>) {
  const shown = shallowRef(new Map<string, ByMetric>());
  const overviews = new Map<string, ByMetric>();
  const details = new Map<string, Map<string, { series: MetricSeries; steps: Range }>>();
  let generation = 0;

  const ask = async (runId: string, names: string[], steps: Range | null): Promise<MetricSeries[]> => {
    const { smoothing, x } = wanted.value;
    const bounds = { ...(steps && Number.isFinite(steps.from) ? { from: steps.from } : {}), ...(steps && Number.isFinite(steps.to) ? { to: steps.to } : {}) };
    return engine.request('run.metrics', { runId, names, maxPoints: MAX_POINTS, smoothing, positions: x !== 'step', ...bounds });
  };

  /** Runs are asked for together and shown together: drawing eight times what one drawing shows would take longer than the answers. */
  async function loadOverviews(runIds: readonly string[], mine: number): Promise<void> {
    const { names } = wanted.value;
    if (!names.length) return;
    const answers = await Promise.all(runIds.map((runId) => ask(runId, names, null)));
    if (mine !== generation) return;
    runIds.forEach((runId, i) => overviews.set(runId, new Map(answers[i]!.map((each) => [each.metric, each]))));
    show();
    await loadDetails(runIds, mine);
  }

  async function loadDetails(runIds: readonly string[], mine: number): Promise<void> {
    const { range, x } = wanted.value;
    const close = await Promise.all(runIds.map(async (runId) => {
      // What is shown whole already gains nothing from being looked at closely.
      const thinned = range ? [...(overviews.get(runId)?.values() ?? [])].filter((series) => series.count > series.steps.length) : [];
      return new Map(await Promise.all(thinned.map(async (overview) => {
        const steps = stepsWithin(overview, x, range!);
        const [series] = await ask(runId, [overview.metric], steps);
        return [overview.metric, { series: series!, steps }] as const;
      })));
    }));
    if (mine !== generation) return;
    runIds.forEach((runId, i) => details.set(runId, close[i]!));
    show();
  }

  let frame = 0;
  /** Once a frame, however many answers come in it. */
  function show(): void {
    frame ||= requestAnimationFrame(() => {
      frame = 0;
      shown.value = new Map([...overviews].map(([runId, metrics]) => [runId, new Map([...metrics].map(([metric, overview]) => {
        const detail = details.get(runId)?.get(metric);
        return [metric, detail ? withDetail(overview, detail.series, detail.steps) : overview];
      }))]));
    });
  }

  function loadAll(): void {
    const mine = ++generation;
    for (const known of overviews.keys()) if (!wanted.value.runIds.includes(known)) overviews.delete(known);
    details.clear();
    void loadOverviews(wanted.value.runIds, mine);
    show();
  }

  let rest = 0;
  function loadDetailsSoon(): void {
    window.clearTimeout(rest);
    rest = window.setTimeout(() => void loadDetails(wanted.value.runIds, ++generation), REST_MS);
  }

  const due = new Set<string>();
  const timer = window.setInterval(() => {
    if (due.size) void loadOverviews([...due], generation);
    due.clear();
  }, REFRESH_MS);
  const off = engine.on('run.measured', ({ runId }) => {
    if (wanted.value.runIds.includes(runId)) due.add(runId);
  });

  // By its content: a page makes the same wish anew whenever anything about the run changes.
  watch(() => JSON.stringify({ ...wanted.value, range: null }), loadAll, { immediate: true });
  watch(() => JSON.stringify(wanted.value.range), loadDetailsSoon);
  watch(engine.connections, loadAll);
  onBeforeUnmount(() => {
    off();
    generation++;
    window.clearInterval(timer);
    window.clearTimeout(rest);
    cancelAnimationFrame(frame);
  });
  return shown;
}
