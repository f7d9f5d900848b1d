/** What of this machine matters to training; found without loading TensorFlow. */
import { existsSync, readFileSync, statfsSync } from 'node:fs';
import os from 'node:os';
import { dirname, resolve } from 'node:path';
import { cacheFolder } from './library.ts';

export interface Machine {
  node: string;
  system: string;
  cpu: string;
  cores: number;
  /** Those of the processor's instruction sets that change how fast models train. */
  instructionSets: string[];
  memoryBytes: number;
  freeMemoryBytes: number;
  /** Version of the NVIDIA driver; null without one. */
  nvidiaDriver: string | null;
  disks: { what: string; path: string; freeBytes: number }[];
}

const INSTRUCTION_SETS = ['avx', 'avx2', 'fma', 'f16c', 'avx512f', 'avx512_vnni', 'avx512_bf16', 'amx_bf16', 'amx_int8', 'asimd', 'bf16'];

export function describeMachine({ workspace }: { workspace: string }): Machine {
  return {
    node: process.version,
    system: `${os.type()} ${os.release()} ${os.arch()}`,
    cpu: os.cpus()[0]?.model.trim() ?? 'unknown',
    cores: os.availableParallelism(),
    instructionSets: instructionSets(),
    memoryBytes: os.totalmem(),
    freeMemoryBytes: os.freemem(),
    nvidiaDriver: nvidiaDriver(),
    disks: [
      { what: 'workspace', ...freeSpace(workspace) },
      { what: 'cache', ...freeSpace(cacheFolder()) },
    ],
  };
}

/** Those of the processor that change how fast models train. */
export function instructionSets(): string[] {
  const info = readIfThere('/proc/cpuinfo');
  const flags = new Set(/^(?:flags|Features)\s*:\s*(.*)$/m.exec(info ?? '')?.[1]?.split(' '));
  return INSTRUCTION_SETS.filter((name) => flags.has(name));
}

function nvidiaDriver(): string | null {
  return /Kernel Module(?: for \S+)?\s+(\S+)/.exec(readIfThere('/proc/driver/nvidia/version') ?? '')?.[1] ?? null;
}

function readIfThere(path: string): string | null {
  try {
    return readFileSync(path, 'utf8');
  } catch {
    return null; // Another system, or no such device.
  }
}

/** Free space at a path, or at the nearest folder above it that exists. */
function freeSpace(path: string): { path: string; freeBytes: number } {
  let folder = resolve(path);
  while (!existsSync(folder)) folder = dirname(folder);
  const { bavail, bsize } = statfsSync(folder);
  return { path, freeBytes: bavail * bsize };
}
