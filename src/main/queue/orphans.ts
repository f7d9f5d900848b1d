/** Job processes that outlived their engine. They save and end by themselves; this waits for that, and insists in the end. */
import { readFileSync } from 'node:fs';
import { setTimeout as sleep } from 'node:timers/promises';

const PATIENCE_MS = 20_000;
const POLL_MS = 50;

/** True when that process exists and is the job of that run, and neither a stranger that got the same number nor that of a copied workspace's original. */
function isJobOf(pid: number, runFolder: string): boolean {
  try {
    process.kill(pid, 0);
  } catch {
    return false;
  }
  try {
    return readFileSync(`/proc/${pid}/cmdline`, 'utf8').split('\0').includes(runFolder);
  } catch {
    // No /proc (macOS, Windows): nothing tells them apart, and killing a stranger would be worse than waiting for nobody.
    return false;
  }
}

/**
 * Waits until the orphaned job of a run has saved and ended; ends it when it takes too long.
 * @param runFolder the run's folder, which its job was started with
 */
export async function endOrphan(pid: number, runFolder: string): Promise<void> {
  const deadline = performance.now() + PATIENCE_MS;
  while (isJobOf(pid, runFolder)) {
    if (performance.now() > deadline) {
      process.kill(pid, 'SIGKILL');
      return;
    }
    await sleep(POLL_MS);
  }
}
