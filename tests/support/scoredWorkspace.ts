/** A workspace whose one model has been scored on all of the challenge's tasks, with outcomes that a formula makes: no model is run. */
import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { aggregate } from '../../src/main/evaluation/aggregate.ts';
import { locateSuite, type SuiteData } from '../../src/main/evaluation/data.ts';
import { loadChoiceSuite } from '../../src/main/evaluation/loadSuite.ts';
import { findSuite } from '../../src/main/evaluation/suites.ts';
import type { ChoiceSuite, FineTuningSuite, Suite } from '../../src/main/evaluation/suites/suite.ts';
import { Store } from '../../src/main/store/store.ts';
import { Workspace } from '../../src/main/workspace.ts';
import { JOB_PARAMS, type JobParams } from '../../src/shared/jobs.ts';
import type { Outcome } from '../../src/shared/outcomes.ts';
import type { ProtocolName } from '../../src/shared/scores.ts';
import { sharedPath } from './shared.ts';

export interface ScoredWorkspace {
  store: Store;
  workspace: Workspace;
  /** Scores a suite; `change` may tamper with the outcomes first. */
  score: (suite: string, protocol?: ProtocolName, change?: (outcomes: Outcome[]) => Outcome[]) => Promise<void>;
  /** Folders of made-up items in the official numbers. */
  folders: { ewok: string; glue: string };
}

/** BLiMP and its supplement are the reference data's; EWoK's and GLUE's items are made up, as many as the official ones. */
export function scoredWorkspace(root: string): ScoredWorkspace {
  const workspace = new Workspace(join(root, 'workspace'));
  const store = Store.open(workspace.database);
  mkdirSync(workspace.modelFolder('m'));
  writeFileSync(join(workspace.modelFolder('m'), 'config.json'), '{}');
  const folders = { ewok: join(root, 'ewok_filtered'), glue: join(root, 'glue_filtered') };
  writeSubtasks(folders.ewok, findSuite('ewok'), (domain, i) => {
    const [a, b] = i % 2 === 0 ? ['up', 'down'] : ['down', 'up'];
    const n = i >> 1;
    return { Domain: domain, ContextType: 'direct', ContextDiff: 'antonym', TargetDiff: 'swap', Context1: `Item ${n} goes ${a}.`, Context2: `Item ${n} goes ${b}.`, Target1: `Look ${a} for ${n}.`, Target2: `Look ${b} for ${n}.` };
  });
  writeSubtasks(folders.glue, findSuite('glue'), (task, i) => ({ sentence: `Number ${i}`, label: task.startsWith('mnli') ? i % 3 : i % 2 }));
  const params = JOB_PARAMS.evaluate.parse({ models: [{ name: 'm', folder: workspace.modelFolder('m') }], suites: ['blimp'], data: sharedPath('data'), folders: { ...folders, 'glue-lora': folders.glue }, out: null });
  const { id } = store.createRun({ kind: 'evaluate', name: 'all', params, project: '' });

  return {
    store, workspace, folders,
    async score(name, protocol = 'babylm-2024', change = (outcomes) => outcomes) {
      const { outcomes, version } = await answer(name, params, workspace);
      const measured = change(outcomes);
      const { overall, subtasks, phenomena } = aggregate(measured);
      const run = protocol === 'babylm-2024' ? id : store.createRun({ kind: 'evaluate', name: protocol, params: { ...params, protocol }, project: '' }).id;
      store.recordEvaluation(run, {
        suite: name, version, protocol, startToken: protocol === 'babylm-2024' ? '<s>' : null, prefixSpace: false, model: 'm', step: null, score: overall.value, low: overall.low, high: overall.high, subtasks, phenomena, seconds: 1,
      }, measured);
    },
  };
}

function writeSubtasks(folder: string, { subtasks, source }: Suite, make: (subtask: string, i: number) => object): void {
  mkdirSync(folder, { recursive: true });
  for (const { name, items } of subtasks!) {
    writeFileSync(join(folder, source.file(name)), Array.from({ length: items }, (_, i) => `${JSON.stringify(make(name, i))}\n`).join(''));
  }
}

async function answer(name: string, { data, folders }: JobParams<'evaluate'>, workspace: Workspace): Promise<{ outcomes: Outcome[]; version: string }> {
  const located = locateSuite(name, { data, folders, workspaceData: workspace.data });
  if (located.suite.method.kind === 'fine-tuning') {
    const { subtasks, method, version } = located.suite as FineTuningSuite;
    const outcomes = subtasks!.map(({ name: subtask, items }): Outcome => ({
      kind: 'fine-tuning', subtask, phenomenon: null, metric: method.metric(subtask),
      labels: Int32Array.from({ length: items }, (_, i) => (subtask.startsWith('mnli') ? i % 3 : i % 2)), predicted: Int32Array.from({ length: items }, (_, i) => (i % 7 === 0 ? 0 : i % 2)),
    }));
    return { outcomes, version };
  }
  const loaded = await loadChoiceSuite(located as SuiteData<ChoiceSuite>, { vocabulary: null });
  const outcomes = loaded.files.map((file): Outcome => ({
    kind: 'choice', subtask: file.name, phenomenon: file.phenomenon,
    // Some of BLiMP's pairs are twice the same sentence, which no model tells apart.
    logprobs: Float64Array.from(loaded.items.get(file.name)!.flatMap(({ good, bad }, i) => [-20 - (i % 5), good === bad ? -20 - (i % 5) : -20 - ((i * 3) % 7)])),
  }));
  return { outcomes, version: loaded.version };
}
