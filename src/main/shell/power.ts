/** The machine does not go to sleep on its own while something runs; its screen may. */
import { powerSaveBlocker } from 'electron';
import type { EngineWatch } from './engineWatch.ts';

export function setUpPowerSaveBlocker(watch: EngineWatch): void {
  let blocker: number | null = null;
  watch.onChange(({ running }) => {
    if (running.length > 0) blocker ??= powerSaveBlocker.start('prevent-app-suspension');
    else if (blocker !== null) {
      powerSaveBlocker.stop(blocker);
      blocker = null;
    }
  });
}
