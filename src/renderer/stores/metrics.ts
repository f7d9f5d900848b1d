/** Metric series of the runs on a page: loaded once, then again as runs log, at most once a second each. */
import { onBeforeUnmount, shallowRef, triggerRef, watch, type Ref } from 'vue';
import type { MetricSeries } from '../../shared/records.ts';
import { engine } from '../engine/connection.ts';

export interface MetricsWanted {
  runIds: string[];
  names: string[];
  smoothing: number;
  /** Steps that are looked at closely; null: all. */
  range: { from: number; to: number } | null;
}

const MAX_POINTS = 1600;
const REFRESH_MS = 1000;

/** @returns run id -> metric -> series */
export function useMetrics(wanted: Ref<MetricsWanted>) {
  const series = shallowRef(new Map<string, Map<string, MetricSeries>>());
  let generation = 0;

  async function load(runId: string, mine: number): Promise<void> {
    const { names, smoothing, range } = wanted.value;
    if (!names.length) return;
    const answer = await engine.request('run.metrics', { runId, names, maxPoints: MAX_POINTS, smoothing, ...(range ?? {}) });
    if (mine !== generation) return;
    series.value.set(runId, new Map(answer.map((each) => [each.metric, each])));
    triggerRef(series);
  }

  function loadAll(): void {
    const mine = ++generation;
    for (const known of series.value.keys()) if (!wanted.value.runIds.includes(known)) series.value.delete(known);
    for (const runId of wanted.value.runIds) void load(runId, mine);
  }

  const due = new Set<string>();
  const timer = window.setInterval(() => {
    for (const runId of due) void load(runId, generation);
    due.clear();
  }, REFRESH_MS);
  const off = engine.on('run.measured', ({ runId }) => {
    if (wanted.value.runIds.includes(runId)) due.add(runId);
  });

  // By its content: a page makes the same wish anew whenever anything about the run changes.
  watch(() => JSON.stringify(wanted.value), loadAll, { immediate: true });
  watch(engine.connections, loadAll);
  onBeforeUnmount(() => {
    off();
    window.clearInterval(timer);
  });
  return series;
}
