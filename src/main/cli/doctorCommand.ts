/** doctor: what was found on this machine, and whether TensorFlow works on it. Needs no workspace. */
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Command } from 'commander';
import { toWireError, type WireError } from '../../shared/errors.ts';
import { JOB_RESULTS } from '../../shared/jobs.ts';
import type { ProbeResult } from '../../shared/results.ts';
import { startJob } from '../queue/jobProcess.ts';
import { describeMachine, type Machine } from '../tensorflow/machine.ts';
import { VERSION } from '../version.ts';
import { formatQuantity } from './format.ts';
import type { Terminal } from './terminal.ts';

interface Report {
  cria: string;
  machine: Machine;
  tensorflow: ProbeResult | { error: WireError };
}

export function addDoctorCommand(program: Command, terminal: Terminal): void {
  program
    .command('doctor')
    .description('show what was found: Node, TensorFlow, device, instruction sets, threads, disk')
    .action(async () => {
      const report: Report = {
        cria: VERSION,
        machine: describeMachine({ workspace: terminal.workspaceFolder }),
        tensorflow: await probe(terminal.jobEntry),
      };
      terminal.print(report, describe);
      if ('error' in report.tensorflow) process.exitCode = 1;
    });
}

/** Runs the probe in a job process of its own: this process never loads TensorFlow. */
async function probe(jobEntry: string): Promise<Report['tensorflow']> {
  const folder = mkdtempSync(join(tmpdir(), 'cria-doctor-'));
  try {
    const ignore = () => {};
    const job = startJob(jobEntry, 'doctor', { kind: 'probe', params: {}, folder, workspace: folder }, { progress: ignore, log: ignore, measured: ignore, report: ignore });
    const end = await job.ended;
    if (end.outcome === 'done') return JOB_RESULTS.probe.parse(end.result);
    if (end.outcome === 'failed') return { error: toWireError(end.error) };
    return { error: { code: 'no-library', message: `TensorFlow could not be loaded: ${end.how}.`, hint: 'Run `npm start`, which sets it up again.' } };
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

function describe({ cria, machine, tensorflow }: Report): string {
  const lines: [string, string][] = [
    ['Cria', cria],
    ['Node', machine.node],
    ['System', `${machine.system}`],
    ['Processor', `${machine.cpu}, ${machine.cores} cores`],
    ['Instructions', machine.instructionSets.join(' ') || 'none of those that matter'],
    ['Memory', `${formatQuantity(machine.memoryBytes, 'bytes')}, ${formatQuantity(machine.freeMemoryBytes, 'bytes')} free`],
    ['NVIDIA driver', machine.nvidiaDriver ?? 'none'],
    ...machine.disks.map((disk): [string, string] => [`Disk, ${disk.what}`, `${formatQuantity(disk.freeBytes, 'bytes')} free at ${disk.path}`]),
  ];
  if ('error' in tensorflow) lines.push(['TensorFlow', `does not work: ${tensorflow.error.message}`], ['', tensorflow.error.hint]);
  else {
    lines.push(
      ['TensorFlow', `${tensorflow.tensorflow} (${tensorflow.variant}), matrix product checked`],
      ['Device', `${tensorflow.device}, ${tensorflow.threads} threads, ${tensorflow.gigaflops.toFixed(0)} GFLOP/s in float32 matrix products`],
    );
  }
  return lines.map(([name, value]) => `${name.padEnd(18)}${value}`).join('\n');
}
