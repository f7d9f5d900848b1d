/** The crash campaign: processes killed at random moments over all kinds of job, and everything checked after each kill. */
import { mkdirSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { Random } from '../../src/main/random.ts';
import { lossesOf } from '../e2e/support.ts';
import { makeJobs, REFERENCE, writeInputs, type Job } from './jobs.ts';
import { contents, World } from './world.ts';

export interface CampaignResult {
  seed: number;
  kills: number;
  /** Kills that fell on a process at work, by victim and kind of job. */
  tally: Record<string, number>;
  /** Metrics and scores that a client had been shown. */
  shown: number;
  /** What was lost, half, damaged or different; empty when all is well. */
  problems: string[];
  seconds: number;
}

/** Half of the kills fall on training, which has the most to lose; a run is killed several times on its way. */
const VICTIMS = ['job', 'job', 'job', 'job', 'engine', 'engine', 'engine', 'shell', 'shell', 'all'] as const;
const KILLS_PER_RUN = 4;
const HALF_WRITTEN = /\.\d+\.\d+\.tmp($|\/)/;

export async function crashCampaign({ kills, seed, kinds, report = () => {} }: { kills: number; seed: number; kinds?: readonly string[]; report?: (line: string) => void }): Promise<CampaignResult> {
  const startedAt = performance.now();
  const random = new Random(seed, 'crash campaign');
  const root = mkdtempSync(join(tmpdir(), 'cria-crash-'));
  const workspace = join(root, 'workspace');
  mkdirSync(workspace);
  writeInputs(root);
  const world = new World(workspace);
  const jobs = makeJobs(root, workspace);
  const problems: string[] = [];
  const tally: Record<string, number> = {};
  let done = 0;
  try {
    // What each kind makes when nobody disturbs it, and how long it takes.
    const references = new Map<string, { files: Map<string, string>; result: unknown; losses: string; ms: number }>();
    for (const job of jobs) {
      const before = performance.now();
      const { runId } = await world.ask((client) => job.start(client, REFERENCE));
      const run = await world.rest(runId);
      if (run.state !== 'done') throw new Error(`The undisturbed ${job.kind} is ${run.state}: ${run.error?.message}`);
      const output = job.output(REFERENCE);
      references.set(job.kind, { files: output ? contents(output) : new Map(), result: timeless(run.result), losses: lossesIn(workspace, runId), ms: performance.now() - before });
    }

    /** Each file that a job has left is whole; with `all`, none is missing. */
    const checkFiles = (job: Job, number: number, all: boolean) => {
      const output = job.output(number);
      if (!output) return;
      const { files } = references.get(job.kind)!;
      const found = contents(output);
      for (const [name, hash] of found) {
        const expected = files.get(name);
        if (HALF_WRITTEN.test(name)) continue; // Nobody takes it for a file of that name.
        if (expected === undefined) problems.push(`half: ${job.kind} ${number} has a file ${name} that it should not have`);
        else if (expected !== hash) problems.push(`half: ${name} of ${job.kind} ${number} is not what it should be`);
      }
      if (all) for (const name of files.keys()) if (!found.has(name)) problems.push(`lost: ${name} of ${job.kind} ${number}, which is done`);
    };

    const pick = <T>(list: readonly T[]): T => list[Math.floor(random.uniform() * list.length)]!;
    const wanted = jobs.filter(({ kind }) => !kinds || kinds.includes(kind));
    for (let number = 1; done < kills; number++) {
      const job = random.uniform() < 0.4 ? wanted.find(({ kind }) => kind === 'train') ?? wanted[0]! : pick(wanted);
      const { ms, result, losses } = references.get(job.kind)!;
      let { runId } = await world.ask((client) => job.start(client, number));
      for (let killed = 0; killed < KILLS_PER_RUN && done < kills; killed++) {
        const victim = pick(VICTIMS);
        await sleep(random.uniform() * ms * 1.1);
        const state = (await world.ask((client) => client.request('run.get', { run: runId }))).state;
        if (state === 'done') break;
        if (!(await world.kill(victim, runId))) break;
        done++;
        const key = `${victim} during ${job.kind}`;
        tally[key] = (tally[key] ?? 0) + 1;
        report(`kill ${done}: ${key} ${number}`);
        const run = await world.rest(runId);
        const damage = world.damage();
        problems.push(...damage.map((text) => `damaged: ${text}`), ...(await world.lost()));
        checkFiles(job, number, run.state === 'done');
        if (run.state === 'done') break;
        runId = await goOn(world, job, number, runId);
      }
      // Left in peace it comes to the same end as the one that never was disturbed.
      for (let attempt = 0; ; attempt++) {
        const run = await world.rest(runId);
        if (run.state === 'done') {
          if (timeless(run.result) !== result && job.kind === 'generate') problems.push(`different: the result of ${job.kind} ${number}`);
          if (lossesIn(workspace, runId) !== losses) problems.push(`different: the losses of ${job.kind} ${number}`);
          break;
        }
        if (attempt === 3) {
          problems.push(`lost: ${job.kind} ${number} does not come to its end: ${run.state}, ${run.error?.message}`);
          break;
        }
        runId = await goOn(world, job, number, runId);
      }
      checkFiles(job, number, true);
      const output = job.output(number);
      if (output && job.kind !== 'train') rmSync(output, { recursive: true, force: true });
    }
    problems.push(...(await world.lost()), ...world.damage());
    return { seed, kills: done, tally, shown: [...world.shown.values()].reduce((sum, values) => sum + values.size, world.scores.size), problems, seconds: (performance.now() - startedAt) / 1000 };
  } finally {
    await world.close();
    rmSync(root, { recursive: true, force: true });
  }
}

/** Resumes what can be resumed, and starts again what cannot; what was written and finished by then stays or is written again. */
async function goOn(world: World, job: Job, number: number, runId: string): Promise<string> {
  if (job.kind === 'train' || job.kind === 'evaluate') {
    await world.ask((client) => client.request('run.resume', { run: runId })).catch((error: unknown) => {
      // The engine may have died after it had taken the request and before it said so.
      if ((error as { code?: string }).code !== 'busy') throw error;
    });
    return runId;
  }
  const output = job.output(number);
  // Folders must not be there already.
  if (output && (job.kind === 'import' || job.kind === 'export')) rmSync(output, { recursive: true, force: true });
  return (await world.ask((client) => job.start(client, number))).runId;
}

/** A result without names and times. */
function timeless(result: unknown): string {
  return JSON.stringify((result as { text?: string } | null)?.text ?? null);
}

function lossesIn(workspace: string, runId: string): string {
  try {
    return JSON.stringify(lossesOf(join(workspace, 'runs', runId)));
  } catch {
    return ''; // It measures nothing.
  }
}

