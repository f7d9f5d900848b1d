/** A window onto the run list: any part of thousands of runs, sorted and filtered by the engine, kept up to date by events. */
import { onBeforeUnmount, ref, shallowRef, triggerRef, watch, type Ref } from 'vue';
import type { InputOf } from '../../shared/contract.ts';
import { CURVE_KINDS } from '../../shared/jobs.ts';
import type { RunSummary } from '../../shared/records.ts';
import { engine } from '../engine/connection.ts';

export type RunFilter = Omit<InputOf<'run.list'>, 'limit' | 'offset' | 'ids'>;
/** A run, and the values of the columns that the filter asks for. */
export interface RunRow {
  run: RunSummary;
  values: (number | null)[];
}

const BLOCK = 100;
const SETTLE_MS = 150;

export function useRunList(filter: Ref<RunFilter>) {
  const total = ref(0);
  const loaded = ref(false);
  /** By row number. */
  const rows = shallowRef(new Map<number, RunRow>());
  const sparklines = shallowRef(new Map<string, number[]>());
  let generation = 0;
  let asked = new Set<number>();
  let timer = 0;

  async function loadBlock(block: number, mine: number): Promise<void> {
    const answer = await engine.request('run.list', { ...filter.value, limit: BLOCK, offset: block * BLOCK });
    if (mine !== generation) return;
    total.value = answer.total;
    answer.rows.forEach((run, i) => rows.value.set(block * BLOCK + i, { run, values: answer.values[i]! }));
    loaded.value = true;
    triggerRef(rows);
    const unknown = answer.rows.filter((run) => CURVE_KINDS.includes(run.kind) && !sparklines.value.has(run.id)).map((run) => run.id);
    if (unknown.length) await loadSparklines(unknown);
  }

  async function loadSparklines(ids: string[]): Promise<void> {
    const lines = await engine.request('run.sparklines', { runIds: ids });
    for (const [id, values] of Object.entries(lines)) sparklines.value.set(id, values);
    triggerRef(sparklines);
  }

  /** Makes sure that the rows of a range are there or on their way. */
  function need(from: number, to: number): void {
    for (let block = Math.floor(from / BLOCK); block <= Math.floor(to / BLOCK); block++) {
      if (asked.has(block)) continue;
      asked.add(block);
      void loadBlock(block, generation);
    }
  }

  /** Loads again what was looked at; the old rows stay until the new ones come. */
  function reload(clear: boolean): void {
    generation++;
    const wanted = asked;
    asked = new Set();
    if (clear) {
      rows.value = new Map();
      wanted.clear();
    }
    for (const block of wanted.size ? wanted : [0]) need(block * BLOCK, block * BLOCK);
  }

  const reloadSoon = () => {
    window.clearTimeout(timer);
    timer = window.setTimeout(() => reload(false), SETTLE_MS);
  };

  const off = [
    engine.on('run.changed', (run) => {
      for (const [row, { run: known, values }] of rows.value) {
        if (known.id !== run.id) continue;
        rows.value.set(row, { run, values });
        triggerRef(rows);
        // Its place or its membership may be another now.
        if (known.state === run.state && known.archived === run.archived && known.starred === run.starred) return;
      }
      reloadSoon();
    }),
    engine.on('run.measured', ({ runId }) => {
      for (const { run } of rows.value.values()) if (run.id === runId) void refresh(runId);
    }),
  ];

  const refreshing = new Set<string>();
  /** New losses of a run that is shown, at most one request at a time. */
  async function refresh(runId: string): Promise<void> {
    if (refreshing.has(runId)) return;
    refreshing.add(runId);
    try {
      const { columns } = filter.value;
      const [answer] = await Promise.all([engine.request('run.list', { ids: [runId], archived: filter.value.archived, ...(columns ? { columns } : {}) }), loadSparklines([runId])]);
      const [run, values] = [answer.rows[0], answer.values[0]];
      if (!run || !values) return;
      for (const [row, known] of rows.value) if (known.run.id === runId) rows.value.set(row, { run, values });
      triggerRef(rows);
    } finally {
      refreshing.delete(runId);
    }
  }

  watch(filter, () => reload(true), { deep: true });
  watch(engine.connections, () => reload(false));
  onBeforeUnmount(() => {
    off.forEach((stop) => stop());
    window.clearTimeout(timer);
  });

  return { total, loaded, rows, sparklines, need, reload };
}
