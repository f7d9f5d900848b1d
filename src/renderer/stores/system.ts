/** The engine and what it does right now: workspace, machine, running and waiting runs with their progress. */
import { defineStore } from 'pinia';
import { computed, ref, shallowRef, watch } from 'vue';
import type { ResultOf } from '../../shared/contract.ts';
import { ENDED_STATES } from '../../shared/jobs.ts';
import type { Progress } from '../../shared/progress.ts';
import type { RunSummary } from '../../shared/records.ts';
import { engine } from '../engine/connection.ts';
import { shell } from '../engine/channel.ts';

/** Where a run is and since when its present stage goes on, for the time that is left. */
export interface LiveProgress extends Progress {
  stageStartedAt: number;
  stageStartedDone: number;
}

export const useSystem = defineStore('system', () => {
  const info = shallowRef<ResultOf<'engine.info'> | null>(null);
  const running = ref<string[]>([]);
  const waiting = ref<string[]>([]);
  const held = ref(false);
  /** Runs that run or wait. */
  const active = ref(new Map<string, RunSummary>());
  const progress = ref(new Map<string, LiveProgress>());

  async function load(): Promise<void> {
    info.value = engine.info.value!;
    running.value = info.value.running;
    waiting.value = info.value.waiting;
    held.value = info.value.held;
    const { rows } = await engine.request('run.list', { states: ['running', 'waiting'], limit: 500 });
    active.value = new Map(rows.map((run) => [run.id, run]));
    for (const run of rows) if (run.progress && run.state === 'running') setProgress(run.id, run.progress);
  }

  function setProgress(id: string, next: Progress): void {
    const known = progress.value.get(id);
    const sameStage = known?.label === next.label && next.done >= known.done;
    progress.value.set(id, { ...next, stageStartedAt: sameStage ? known.stageStartedAt : Date.now(), stageStartedDone: sameStage ? known.stageStartedDone : next.done });
    const first = running.value[0];
    if (id === first) shell?.setProgress(next.total > 0 ? next.done / next.total : null);
  }

  engine.on('queue.changed', (change) => {
    running.value = change.running;
    waiting.value = change.waiting;
    held.value = change.held;
    if (!change.running.length) shell?.setProgress(null);
  });
  engine.on('run.progressed', ({ runId, progress: next }) => setProgress(runId, next));
  engine.on('run.changed', (run) => {
    if (ENDED_STATES.includes(run.state)) {
      const wasActive = active.value.get(run.id)?.state === 'running';
      active.value.delete(run.id);
      progress.value.delete(run.id);
      if (wasActive && ['done', 'failed', 'interrupted'].includes(run.state)) announce(run);
    } else active.value.set(run.id, run);
  });
  watch(engine.connections, () => void load());

  const current = computed(() => running.value.map((id) => ({ run: active.value.get(id), progress: progress.value.get(id) })).filter(({ run }) => run)[0] ?? null);

  return { info, running, waiting, held, active, progress, current, load };
});

/** Tells the desktop that a run that takes a while has come to its end. */
function announce(run: RunSummary): void {
  const took = run.startedAt === null || run.finishedAt === null ? 0 : run.finishedAt - run.startedAt;
  if (took < 30_000 && run.state === 'done') return;
  const title = run.state === 'done' ? `${run.name} is done` : `${run.name} ${run.state === 'failed' ? 'failed' : 'was interrupted'}`;
  const body = run.state === 'done' ? (run.bestEvalLoss === null ? '' : `eval loss ${run.bestEvalLoss.toPrecision(4)}`) : `${run.error?.message ?? ''} ${run.error?.hint ?? ''}`.trim();
  if (shell) shell.notify(title, body);
  else if ('Notification' in window && Notification.permission === 'granted') new Notification(title, { body });
}

/** Seconds that the present stage will take, from its pace so far; null until that says something. */
export function secondsLeft({ done, total, stageStartedAt, stageStartedDone }: LiveProgress, now: number): number | null {
  const elapsed = (now - stageStartedAt) / 1000;
  const advanced = done - stageStartedDone;
  return elapsed < 2 || advanced <= 0 || done >= total ? null : (elapsed / advanced) * (total - done);
}
