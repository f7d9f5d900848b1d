/** The disk of disk.cpp: compiled where there is a compiler, preloaded into processes, and read back as a power cut would leave it. */
import { spawnSync } from 'node:child_process';
import { existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, statSync, writeFileSync, copyFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';

/** The compiled library, null where it cannot be had: no Linux, no compiler. */
export function compileDisk(): string | null {
  if (process.platform !== 'linux') return null;
  const library = join(mkdtempSync(join(tmpdir(), 'cria-disk-')), 'disk.so');
  const { status } = spawnSync('g++', ['-std=c++17', '-O1', '-shared', '-fPIC', '-D_GNU_SOURCE', '-o', library, resolve(import.meta.dirname, 'disk.cpp'), '-ldl'], { stdio: 'ignore' });
  return status === 0 ? library : null;
}

function identity(path: string): string {
  const { ino, birthtimeNs } = statSync(path, { bigint: true });
  return `${ino}-${birthtimeNs / 1_000_000_000n}-${birthtimeNs % 1_000_000_000n}`;
}

/**
 * Writes what the disk has of a folder after a power cut: of each folder the entries at its last sync, of each file the content at its own.
 * A file that was never synced is there, where its folder was, and is empty.
 */
export function afterPowerCut(folder: string, shadow: string, target: string): void {
  const restore = (id: string, to: string) => {
    mkdirSync(to, { recursive: true });
    const listing = join(shadow, `folder-${id}`);
    if (!existsSync(listing)) return;
    for (const line of readFileSync(listing, 'utf8').split('\n').slice(1).filter(Boolean)) {
      const [, kind, inner, name] = /^([df]) (\S+) (.*)$/.exec(line)!;
      const path = join(to, name!);
      if (kind === 'd') restore(inner!, path);
      else if (existsSync(join(shadow, `file-${inner}`))) copyFileSync(join(shadow, `file-${inner}`), path);
      else if (name !== 'engine.sock') writeFileSync(path, '');
    }
  };
  rmSync(target, { recursive: true, force: true });
  restore(identity(folder), target);
}

