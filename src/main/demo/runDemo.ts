/**
 * The whole recipe in miniature, from a grammar to a table: corpus -> clean -> tokenizer -> two teachers -> distilled student and its
 * twin from scratch -> scores. A client of the engine like any other, so the command line and the window run the same demo.
 */
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import type { InputOf, Method } from '../../shared/contract.ts';
import { CriaError } from '../../shared/errors.ts';
import { JOB_RESULTS, type JobKind, type JobResults } from '../../shared/jobs.ts';
import type { EngineClient } from '../../shared/protocol.ts';
import type { SuiteScore, TrainResult } from '../../shared/results.ts';
import type { RunDetail } from '../../shared/records.ts';
import type { Workspace } from '../workspace.ts';

export const DEMO_ROLES = ['teacher-gpt2', 'teacher-llama', 'student', 'student-from-scratch'] as const;
export type DemoRole = (typeof DEMO_ROLES)[number];

/** How large the demo is. */
export interface DemoSize {
  words: number;
  vocabSize: number;
  seed: number;
  /** Config keys that all four trainings get, e.g. a number of steps for tests. */
  overrides: [string, string][];
}

/** A demo small enough for a test; its scores mean nothing. */
export const TINY_DEMO: DemoSize = {
  words: 5000,
  vocabSize: 500,
  seed: 1,
  overrides: [['training.max_steps', '6'], ['training.warmup_steps', '2'], ['data.eval_samples', '8']],
};

export const DEMO_SIZE: DemoSize = { words: 200_000, vocabSize: 1000, seed: 1, overrides: [] };

export interface DemoModel {
  role: DemoRole;
  name: string;
  trained: TrainResult;
  score: SuiteScore;
}

export interface DemoResult {
  workspace: string;
  models: DemoModel[];
  seconds: number;
}

export interface DemoOptions {
  client: EngineClient;
  workspace: Workspace;
  /** Folder with config/demo/<role>.yaml. */
  configFolder: string;
  size: DemoSize;
  /** Follows a run to its end; throws what it failed with. */
  watch: (runId: string) => Promise<RunDetail>;
  /** Told before each stage, e.g. "3 of 9: train the tokenizer". */
  stage: (text: string) => void;
}

/** Number of stages that {@link runDemo} announces. */
const STAGES = 8;

export async function runDemo({ client, workspace, configFolder, size, watch, stage }: DemoOptions): Promise<DemoResult> {
  const startedAt = performance.now();
  let number = 0;
  const announce = (text: string) => stage(`${++number} of ${STAGES}: ${text}`);

  /** Sends a request that starts a run, waits for its end and returns its result. */
  const perform = async <K extends JobKind, M extends Method>(kind: K, method: M, params: InputOf<M>): Promise<JobResults[K]> => {
    const { runId } = (await client.request(method, params)) as { runId: string };
    const run = await watch(runId);
    return JOB_RESULTS[kind].parse(run.result) as JobResults[K];
  };

  const prefix = freePrefix(workspace);
  const folder = join(workspace.corpora, prefix);
  const tokenizer = join(workspace.tokenizers, `${prefix}.json`);

  announce('write a corpus and minimal pairs from the demo\'s grammar');
  const made = await perform('demo-corpus', 'demo.makeCorpus', { output: folder, seed: size.seed, words: size.words });
  announce('clean it');
  const cleaned = await perform('clean', 'corpus.clean', { input: made.corpus, output: `${made.corpus}_clean` });
  announce('train the tokenizer');
  await perform('tokenizer', 'tokenizer.train', { inputs: [cleaned.output], output: tokenizer, vocabSize: size.vocabSize, minFrequency: 2 });

  const nameOf = (role: DemoRole) => `${prefix}-${role}`;
  const train = (role: DemoRole, method: 'train' | 'distil', overrides: [string, string][] = []) =>
    perform('train', 'run.start', {
      configFile: join(configFolder, `${role}.yaml`),
      workingFolder: workspace.root,
      method,
      overrides: [
        ['data.tokenizer_path', tokenizer],
        ['data.train_path', cleaned.output],
        ['data.eval_path', cleaned.output],
        ['model.name', nameOf(role)],
        ['logging.project', prefix],
        ...overrides,
        ...size.overrides,
      ],
    });

  const trained = new Map<DemoRole, TrainResult>();
  announce('train the GPT-2 teacher');
  trained.set('teacher-gpt2', await train('teacher-gpt2', 'train'));
  announce('train the Llama teacher');
  trained.set('teacher-llama', await train('teacher-llama', 'train'));
  announce('distil the student from both teachers');
  const teachers = JSON.stringify([nameOf('teacher-gpt2'), nameOf('teacher-llama')]);
  trained.set('student', await train('student', 'distil', [['distillation.teachers', teachers]]));
  announce('train the same student from scratch');
  trained.set('student-from-scratch', await train('student-from-scratch', 'train'));
  announce('score all four on the minimal pairs');
  const { scores } = await perform('evaluate', 'evaluation.start', {
    models: DEMO_ROLES.map(nameOf),
    suites: ['demo'],
    data: made.pairs,
    out: null,
    download: false,
  });

  const models = DEMO_ROLES.map((role): DemoModel => {
    const score = scores.find((candidate) => candidate.model === nameOf(role));
    if (!score) throw new CriaError('internal', `The evaluation left out ${nameOf(role)}.`);
    return { role, name: nameOf(role), trained: trained.get(role)!, score };
  });
  return { workspace: workspace.root, models, seconds: (performance.now() - startedAt) / 1000 };
}

/** "demo", or "demo-2" and so on where an earlier demo lies. */
export function freePrefix(workspace: Workspace): string {
  for (let number = 1; ; number++) {
    const prefix = number === 1 ? 'demo' : `demo-${number}`;
    const taken = existsSync(join(workspace.corpora, prefix)) || DEMO_ROLES.some((role) => existsSync(workspace.modelFolder(`${prefix}-${role}`)));
    if (!taken) return prefix;
  }
}
