/** The demo as the window starts it: run by the engine, which tells of the runs it makes. */
import { join } from 'node:path';
import { CriaError, fromWireError, type ErrorCode } from '../../shared/errors.ts';
import type { EngineClient } from '../../shared/protocol.ts';
import type { RunDetail } from '../../shared/records.ts';
import type { Workspace } from '../workspace.ts';
import { DEMO_SIZE, freePrefix, runDemo, TINY_DEMO } from './runDemo.ts';

export interface DemoHost {
  client: () => EngineClient;
  workspace: Workspace;
  configFolder: string;
}

/** A paused run is waited for: it shall go on. */
const ENDED: ReadonlySet<string> = new Set(['interrupted', 'done', 'failed', 'stopped']);

let underWay = false;

/**
 * Starts the demo and answers at once. A run of it that fails or is stopped ends it; what was made stays.
 * @throws CriaError `busy` while an earlier one is under way
 */
export function startDemo({ client, workspace, configFolder }: DemoHost, tiny: boolean): { prefix: string } {
  if (underWay) throw new CriaError('busy', 'The demo is running already.', 'Follow it on the Runs page.');
  underWay = true;
  const prefix = freePrefix(workspace);
  const engine = client();
  void runDemo({
    client: engine,
    workspace,
    configFolder: join(configFolder, 'demo'),
    size: tiny ? TINY_DEMO : DEMO_SIZE,
    watch: (runId) => endOf(engine, runId),
    stage: () => {},
  })
    .catch(() => {
      // The run that ended it says why, on its own page.
    })
    .finally(() => {
      underWay = false;
      engine.close();
    });
  return { prefix };
}

/** Waits for a run's end. @throws CriaError what it failed with */
function endOf(client: EngineClient, runId: string): Promise<RunDetail> {
  return new Promise((resolve, reject) => {
    const look = async () => {
      const run = await client.request('run.get', { run: runId });
      if (run.state === 'done') resolve(run);
      else if (ENDED.has(run.state)) {
        reject(run.error ? fromWireError({ ...run.error, code: run.error.code as ErrorCode }) : new CriaError('cancelled', `Run ${runId} was stopped.`));
      } else return false;
      return true;
    };
    const off = client.on('run.changed', (run) => {
      if (run.id === runId && ENDED.has(run.state)) {
        off();
        look().catch(reject);
      }
    });
    client.onClose(() => reject(new CriaError('cancelled', 'Cria ended.')));
    look().then((ended) => ended && off(), reject);
  });
}
