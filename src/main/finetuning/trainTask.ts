/**
 * Fine-tuning on one task: transformers' Trainer as the pipeline sets it. Linear schedule, an evaluation and a checkpoint after each epoch,
 * early stopping, and the best checkpoint in the end.
 */
import { setImmediate } from 'node:timers/promises';
import { z } from 'zod';
import { CriaError } from '../../shared/errors.ts';
import type { FinetuningOptions } from '../../shared/finetuning.ts';
import type { JobContext } from '../queue/jobContext.ts';
import { Random } from '../random.ts';
import { Checkpoints } from '../training/checkpoint.ts';
import { linearRateAt } from '../training/schedule.ts';
import { epochOrder, makeBatch } from './batches.ts';
import type { ClassifierProgram } from './classifierProgram.ts';
import { classLogits, measure, type BatchShape, type TaskMetrics } from './evaluateTask.ts';
import type { Example } from './examples.ts';
import { select, type SelectionRule } from './selection.ts';

const taskState = z.object({
  /** Optimiser steps done. */
  step: z.int().min(0),
  /** Seconds of training, pauses left out. */
  seconds: z.number().min(0),
  best: z.object({ step: z.int(), value: z.number() }).nullable(),
  misses: z.int().min(0),
  /** Early stopping has spoken. */
  stopped: z.boolean(),
  /** Loss of the epoch's steps so far, so that a resumed run tells the same mean. */
  window: z.object({ steps: z.int(), loss: z.number() }),
});
type TaskState = z.infer<typeof taskState>;

export interface TaskParts {
  program: ClassifierProgram;
  train: readonly Example[];
  validation: readonly Example[];
  options: FinetuningOptions;
  shape: BatchShape;
  /** Folder of this task's training: checkpoints go into it. */
  folder: string;
  /** Says what is done, e.g. "Llama-5M on glue: rte". */
  label: string;
  /** Put before the names of metrics, e.g. "glue/rte". */
  metricPrefix: string;
}

export interface TaskTraining {
  /** Epochs that were trained, of which the best was kept. */
  epochs: number;
  bestEpoch: number;
  steps: number;
  seconds: number;
}

/**
 * The rule by which the pipeline keeps a checkpoint: F1 where there are two classes, else accuracy; with LoRA, the eval loss.
 */
export function selectionRule({ method, patience, threshold }: FinetuningOptions): SelectionRule {
  return { larger: method === 'all', patience, threshold };
}

function selectingValue(method: FinetuningOptions['method'], { lossNats, f1, accuracy }: TaskMetrics): number {
  return method === 'lora' ? lossNats : (f1 ?? accuracy);
}

/**
 * Trains, or goes on from the newest checkpoint in the task's folder; afterwards the program holds the best checkpoint's weights.
 * @throws CriaError `cancelled` after a checkpoint when asked to stop; `non-finite`, with the last checkpoint kept; `no-space`
 */
export async function trainTask(parts: TaskParts, context: JobContext): Promise<TaskTraining> {
  const { program, train, options, label } = parts;
  const { batchSize, epochs, seed } = options;
  const checkpoints = new Checkpoints<TaskState>(parts.folder, program.program, taskState);
  const { optimiserState } = program;
  const { trained } = program.classifier;
  const state: TaskState = checkpoints.newest() ?? { step: 0, seconds: 0, best: null, misses: 0, stopped: false, window: { steps: 0, loss: 0 } };
  if (state.step > 0) checkpoints.restore(state.step, trained, optimiserState);

  const stepsPerEpoch = Math.ceil(train.length / batchSize);
  const total = stepsPerEpoch * epochs;
  const warmup = Math.ceil(total * options.warmupRatio);
  const rule = selectionRule(options);
  const [secondsBefore, startedAt] = [state.seconds, performance.now()];
  const save = () => {
    state.seconds = secondsBefore + (performance.now() - startedAt) / 1000;
    return checkpoints.save(state, trained, optimiserState);
  };
  let order: { epoch: number; indexes: number[] } = { epoch: -1, indexes: [] };
  let last = '';

  while (state.step < total && !state.stopped) {
    const epoch = Math.floor(state.step / stepsPerEpoch);
    const index = state.step % stepsPerEpoch;
    if (order.epoch !== epoch) order = { epoch, indexes: epochOrder(train.length, seed, epoch) };
    const chosen = order.indexes.slice(index * batchSize, (index + 1) * batchSize).map((i) => train[i]!);
    const { lossNats, gradientNorm } = program.train(makeBatch(chosen, parts.shape), {
      learningRate: linearRateAt(options.learningRate, state.step, warmup, total),
      step: state.step + 1,
      dropoutSeed: new Random(seed, `dropout ${state.step}`).uint32() >>> 1,
    });
    state.step++;
    if (!Number.isFinite(lossNats) || !Number.isFinite(gradientNorm)) {
      throw new CriaError('non-finite', `${label}: loss ${lossNats}, gradient norm ${gradientNorm} in step ${state.step}.`, 'Lower the learning rate, then evaluate again.');
    }
    state.window.steps++;
    state.window.loss += lossNats;
    context.progress({ label, done: state.step, total, unit: 'steps', detail: `epoch ${epoch + 1} of ${epochs}, loss ${lossNats.toPrecision(3)}${last}` });

    if (index + 1 === stepsPerEpoch) {
      const metrics = await evaluateEpoch(parts);
      const value = selectingValue(options.method, metrics);
      const { state: selection, stop } = select(state, rule, state.step, value);
      tell(parts, context, state, metrics);
      Object.assign(state, selection, { stopped: stop, window: { steps: 0, loss: 0 } });
      last = `, eval loss ${metrics.lossNats.toPrecision(3)}, accuracy ${(100 * metrics.accuracy).toFixed(1)} %`;
      await save();
    }
    await setImmediate(); // Lets a request to stop arrive.
    if (context.signal.aborted && state.step < total && !state.stopped) {
      if (index + 1 !== stepsPerEpoch) await save();
      throw new CriaError('cancelled', `Stopped in ${label} after step ${state.step} of ${total}, with a checkpoint.`, 'Resume the run to go on from there.');
    }
  }
  checkpoints.restore(state.best!.step, trained, null);
  return { epochs: Math.ceil(state.step / stepsPerEpoch), bestEpoch: state.best!.step / stepsPerEpoch, steps: state.step, seconds: secondsBefore + (performance.now() - startedAt) / 1000 };
}

async function evaluateEpoch({ program, validation, shape }: TaskParts): Promise<TaskMetrics> {
  return measure(await classLogits(program, validation, shape), validation, program.classifier.classes);
}

function tell({ metricPrefix }: TaskParts, context: JobContext, { step, window }: TaskState, metrics: TaskMetrics): void {
  const { lossNats: evalLoss, ...measured } = metrics;
  const values = Object.entries({ trainLoss: window.loss / window.steps, evalLoss, ...measured }).filter((entry): entry is [string, number] => entry[1] !== null);
  context.metric({ step, values: Object.fromEntries(values.map(([name, value]) => [`${metricPrefix}/${name}`, value])) });
}
