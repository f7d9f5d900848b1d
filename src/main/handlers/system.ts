/** Requests about the engine, its machine and its queue. */
import { readdirSync, statfsSync, statSync } from 'node:fs';
import os from 'node:os';
import { basename, dirname, join, resolve } from 'node:path';
import { findLibrary } from '../tensorflow/library.ts';
import { VERSION } from '../version.ts';
import type { Caller } from './caller.ts';
import { started, type DomainHandlers, type Services } from './services.ts';

export function systemHandlers({ workspace, queue }: Services): DomainHandlers<'engine' | 'files' | 'queue'> {
  return {
    'engine.info': () => {
      const { bavail, bsize } = statfsSync(workspace.root);
      return {
        version: VERSION,
        pid: process.pid,
        workspace: workspace.root,
        host: os.hostname(),
        platform: `${os.type()} ${os.release()} ${os.arch()}`,
        processors: os.availableParallelism(),
        memoryBytes: os.totalmem(),
        diskFreeBytes: bavail * bsize,
        tensorflow: libraryIfAny(),
        running: queue.running,
        waiting: queue.waiting,
        held: queue.held,
      };
    },
    'engine.probe': () => started(queue.submit({ kind: 'probe', name: 'Check TensorFlow', params: {} })),
    'files.browse': ({ folder }, caller) => browse(folder, workspace.root, caller),
    'queue.move'({ runId, before }) {
      queue.move(runId, before);
      return {};
    },
    'queue.hold'({ held }) {
      queue.hold(held);
      return {};
    },
  };
}

function libraryIfAny() {
  try {
    const { version, variant, library } = findLibrary();
    return { version, variant, library };
  } catch {
    return null; // Settings says how to set it up.
  }
}

function browse(start: string | null, workspaceRoot: string, caller: Caller) {
  const places = caller.folders?.map((folder) => ({ label: basename(folder), folder })) ??
    [{ label: 'Home', folder: os.homedir() }, { label: 'Workspace', folder: workspaceRoot }, { label: 'Root', folder: resolve('/') }];
  const folder = resolve(start ?? places[0]!.folder);
  caller.read(folder);
  const entries = readdirSync(folder, { withFileTypes: true })
    .filter(({ name }) => !name.startsWith('.'))
    .flatMap((entry) => {
      // Links are followed; one that leads nowhere is left out.
      const stats = statSync(join(folder, entry.name), { throwIfNoEntry: false });
      return stats ? [{ name: entry.name, isFolder: stats.isDirectory(), bytes: stats.isDirectory() ? 0 : stats.size }] : [];
    })
    .sort((a, b) => Number(b.isFolder) - Number(a.isFolder) || a.name.localeCompare(b.name));
  const parent = dirname(folder);
  const isTop = parent === folder || !caller.isReadable(parent);
  return {
    folder,
    parent: isTop ? null : parent,
    entries,
    places,
  };
}
