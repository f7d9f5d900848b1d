/** One engine per workspace: a lock file that says who has it. */
import { closeSync, fsyncSync, linkSync, openSync, readFileSync, rmSync, writeSync } from 'node:fs';
import { hostname } from 'node:os';
import { join } from 'node:path';
import { z } from 'zod';
import { CriaError } from '../../shared/errors.ts';

const FILE = 'engine.lock';

const lockSchema = z.object({
  pid: z.int(),
  /** When the process started, in the system's own terms; tells it from a later one with the same number. */
  startTime: z.string(),
  host: z.string(),
  since: z.number(),
  /** Where that engine listens. */
  socket: z.string().nullable(),
});
export type WorkspaceLock = z.infer<typeof lockSchema>;

/** Who has the workspace; null when nobody does, or only a process that is no more. */
export function readWorkspaceLock(root: string): WorkspaceLock | null {
  const lock = readLockFile(join(root, FILE));
  return lock && isAlive(lock) ? lock : null;
}

/**
 * Takes the workspace for this process.
 * @throws CriaError `busy` naming who has it
 */
export function acquireWorkspaceLock(root: string, { socket }: { socket: string | null }): { release(): void } {
  const path = join(root, FILE);
  const own: WorkspaceLock = { pid: process.pid, startTime: startTimeOf(process.pid), host: hostname(), since: Date.now(), socket };
  // Written in full under another name first and then linked: a lock file is never seen half written, and only one link succeeds.
  const draft = `${path}.${process.pid}`;
  rmSync(draft, { force: true });
  const file = openSync(draft, 'wx', 0o600);
  try {
    writeSync(file, JSON.stringify(own));
    fsyncSync(file);
  } finally {
    closeSync(file);
  }
  try {
    for (let attempt = 0; ; attempt++) {
      try {
        linkSync(draft, path);
        break;
      } catch (error) {
        if ((error as NodeJS.ErrnoException).code !== 'EEXIST' || attempt === 10) throw error;
      }
      const holder = readLockFile(path);
      if (holder && isAlive(holder)) throw busy(root, holder);
      removeStale(path, holder);
    }
  } finally {
    rmSync(draft, { force: true });
  }
  return {
    release() {
      const current = readLockFile(path);
      if (current?.pid === own.pid && current.startTime === own.startTime) rmSync(path, { force: true });
    },
  };
}

function busy(root: string, { pid, host, since }: WorkspaceLock): CriaError {
  return new CriaError('busy', `Another Cria (process ${pid} on ${host}, since ${new Date(since).toLocaleString()}) has the workspace ${root}.`,
    'Wait until it has ended, or use another folder with --workspace.');
}

/** Removes a dead engine's lock, unless somebody else has replaced it in the meantime. */
function removeStale(path: string, seen: WorkspaceLock | null): void {
  const now = readLockFile(path);
  if (now?.pid === seen?.pid && now?.startTime === seen?.startTime) rmSync(path, { force: true });
}

function readLockFile(path: string): WorkspaceLock | null {
  try {
    return lockSchema.parse(JSON.parse(readFileSync(path, 'utf8')));
  } catch {
    return null; // Not there, or not ours.
  }
}

function isAlive({ pid, startTime, host }: WorkspaceLock): boolean {
  // Whether a process of another machine (a shared folder) lives cannot be told from here; it is believed.
  if (host !== hostname()) return true;
  try {
    process.kill(pid, 0);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'EPERM') return false;
  }
  return startTimeOf(pid) === startTime;
}

/** Field 22 of /proc/<pid>/stat: clock ticks since boot. Empty where there is no /proc; then the number alone decides. */
function startTimeOf(pid: number): string {
  try {
    const stat = readFileSync(`/proc/${pid}/stat`, 'utf8');
    return stat.slice(stat.lastIndexOf(')') + 2).split(' ')[19] ?? '';
  } catch {
    return '';
  }
}
