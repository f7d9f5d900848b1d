/** Set-up as its window shows it: the states it goes through, whatever the steps do. */
import { describe, expect, it } from 'vitest';
import { SetupFlow, type SetupMachinery } from '../../../src/main/shell/setupFlow.ts';
import type { SetupState } from '../../../src/shared/setupBridge.ts';

type Listener = Parameters<SetupMachinery['prepare']>[0];

function flowOf(prepare: (listener: Listener) => Promise<void>) {
  const seen: SetupState[] = [];
  const machinery: SetupMachinery = { names: ['one', 'two'], needs: () => ({ folder: '/cache', download: '1 MB', disk: '2 MB' }), isPrepared: () => false, nodePath: () => 'node', prepare };
  const flow = new SetupFlow(machinery, (state) => seen.push(state));
  return { flow, seen, stages: () => seen.map(({ stage }) => stage).filter((stage, i, all) => stage !== all[i - 1]) };
}

describe('set-up in a window', () => {
  it('begins only when asked, and tells of each step', async () => {
    const { flow, seen, stages } = flowOf(async ({ onStep, say, progress }) => {
      onStep(0, 'done');
      onStep(1, 'running');
      say('Set-up: downloading two');
      progress(1, 4);
      onStep(1, 'done');
    });
    expect(flow.state).toMatchObject({ stage: 'asking', needs: { folder: '/cache' } });
    await flow.begin();
    expect(stages()).toEqual(['running', 'done']);
    expect(seen.map(({ steps }) => steps[1]!).find(({ fraction }) => fraction !== null)).toMatchObject({ state: 'running', detail: 'downloading two', fraction: 0.25 });
    expect(flow.state.steps.map(({ state, detail, fraction }) => ({ state, detail, fraction }))).toEqual(Array(2).fill({ state: 'done', detail: '', fraction: null }));
    await flow.begin();
    expect(stages()).toEqual(['running', 'done']);
  });

  it('keeps what failed and its fix, and forgets them when tried again', async () => {
    let works = false;
    const { flow } = flowOf(async ({ onStep }) => {
      onStep(0, 'running');
      if (!works) throw Object.assign(new Error('No disk.'), { fix: 'Free some.' });
      onStep(0, 'done');
    });
    await flow.begin();
    expect(flow.state).toMatchObject({ stage: 'failed', failure: { message: 'No disk.', fix: 'Free some.' }, steps: [{ state: 'failed' }, { state: 'waiting' }] });
    works = true;
    await flow.begin();
    expect(flow.state).toMatchObject({ stage: 'done', failure: null });
  });

  it('stops when told to, which is no failure, and goes on', async () => {
    let runs = 0;
    const { flow } = flowOf(({ onStep, signal }) => {
      runs++;
      onStep(0, 'running');
      return runs > 1 ? Promise.resolve() : new Promise((_resolve, reject) => signal.addEventListener('abort', () => reject(new Error('npm was not found'))));
    });
    const first = flow.begin();
    await flow.begin(); // It is under way already.
    expect(runs).toBe(1);
    flow.stop();
    await first;
    expect(flow.state).toMatchObject({ stage: 'stopped', failure: null, steps: [{ state: 'waiting' }, { state: 'waiting' }] });
    await flow.begin();
    expect(runs).toBe(2);
    expect(flow.state.stage).toBe('done');
  });
});
