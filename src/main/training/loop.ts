/**
 * The training loop, one for all methods: they differ in the step they bring. Semantics are those of transformers' Trainer as the
 * recipe uses it: log every so many steps the mean since the last log, evaluate and checkpoint at each epoch's end (or every eval_steps).
 */
import { setImmediate } from 'node:timers/promises';
import type { TrainingConfig } from '../../shared/config.ts';
import { CriaError } from '../../shared/errors.ts';
import type { TrainingBatches } from '../corpus/batches.ts';
import type { LanguageModel } from '../models/languageModel.ts';
import type { JobContext } from '../queue/jobContext.ts';
import { Random } from '../random.ts';
import type { Checkpoints, TrainingState } from './checkpoint.ts';
import { LoadMeter } from '../tensorflow/load.ts';
import type { EvalLoss } from './evaluateLoss.ts';
import { learningRateAt } from './schedule.ts';
import type { Batch, StepMetrics, TrainingStep } from './step.ts';

export interface LoopParts {
  label: string;
  config: TrainingConfig;
  /** Tokens in a sequence. */
  length: number;
  model: LanguageModel;
  step: TrainingStep;
  batches: TrainingBatches;
  evaluation: EvalLoss;
  checkpoints: Checkpoints;
  /** Shows what the model writes by now. */
  sample?: (step: number) => void;
  /** Where an earlier start of the run got to; null at the beginning. */
  from: TrainingState | null;
}

/** Sequences that go through the model at once. */
export function sequencesPerPart({ batch_size, gradient_accumulation_steps }: TrainingConfig): number {
  return Math.ceil(batch_size / gradient_accumulation_steps);
}

/** Optimiser steps of a whole run. */
export function totalSteps(config: TrainingConfig, batches: Pick<TrainingBatches, 'stepsPerEpoch'>): number {
  return config.max_steps ?? config.num_epochs * batches.stepsPerEpoch;
}

/**
 * Trains to the end.
 * @returns the last state; its `best` says which checkpoint to keep
 * @throws CriaError `cancelled` after a checkpoint when asked to stop; `non-finite`, with the last good checkpoint kept; `no-space`
 */
export async function trainLoop(parts: LoopParts, context: JobContext): Promise<TrainingState & { best: NonNullable<TrainingState['best']> }> {
  const { config, batches, model, step, length } = parts;
  const total = totalSteps(config, batches);
  const state: TrainingState = parts.from ?? { step: 0, tokens: 0, seconds: 0, best: null, window: { steps: 0, sums: {} } };
  const secondsBefore = state.seconds;
  const startedAt = performance.now();
  const now = () => secondsBefore + (performance.now() - startedAt) / 1000;
  const save = () => {
    state.seconds = now();
    return parts.checkpoints.save(state, model.parameters, step.state());
  };
  const load = new LoadMeter();
  let logged = { tokens: state.tokens, seconds: state.seconds };

  if (!parts.from) await sanityCheck(parts);

  while (state.step < total) {
    const epoch = Math.floor(state.step / batches.stepsPerEpoch);
    const index = state.step % batches.stepsPerEpoch;
    const learningRate = learningRateAt(config.lr, state.step, config.warmup_steps, total);
    const ids = batches.batch(epoch, index);
    const metrics = step.run(
      { ids, ...shapeOf(ids.length / length, parts) },
      { learningRate, step: state.step + 1, dropoutSeed: new Random(config.seed, `dropout ${state.step}`).uint32() >>> 1 },
    );
    state.step++;
    state.tokens += ids.length;
    addToWindow(state, metrics);

    const position = { step: state.step, tokens: state.tokens, epoch: state.step / batches.stepsPerEpoch, seconds: now() };
    if (state.step % config.logging_steps === 0 || state.step === total) {
      const tokensPerSecond = (state.tokens - logged.tokens) / Math.max(1e-9, position.seconds - logged.seconds);
      context.metric({
        ...position,
        values: { ...closeWindow(state), 'train/learningRate': learningRate, 'train/tokensPerSecond': tokensPerSecond, ...load.metrics() },
      });
      logged = position;
    }
    const speed = (state.tokens - (parts.from?.tokens ?? 0)) / Math.max(1e-9, position.seconds - secondsBefore);
    context.progress({ label: parts.label, done: state.step, total, unit: 'steps', detail: `loss ${metrics.lossNats.toPrecision(4)}, ${Math.round(speed)} tokens/s` });

    const atEvaluation = config.eval_steps === null ? index + 1 === batches.stepsPerEpoch : state.step % config.eval_steps === 0;
    if (atEvaluation || state.step === total) {
      const evalLossNats = await measure(parts, context);
      context.metric({ ...position, seconds: now(), values: { 'eval/loss': evalLossNats, 'eval/perplexity': Math.exp(evalLossNats) } });
      if (!state.best || evalLossNats < state.best.evalLossNats) state.best = { step: state.step, evalLossNats };
      await save();
      if (config.keep_checkpoints) parts.checkpoints.keepWeights(state.step);
      parts.sample?.(state.step);
    }
    await setImmediate(); // Lets a request to stop arrive.
    if (context.signal.aborted && state.step < total) {
      await save();
      throw new CriaError('cancelled', `Stopped after step ${state.step} of ${total}, with a checkpoint.`, 'Resume the run to go on from there.');
    }
  }
  return { ...state, best: state.best! };
}

/** How a batch of so many sequences is run: in parts as large as the config has them, also at an epoch's smaller end. */
function shapeOf(sequences: number, { config, length }: Pick<LoopParts, 'config' | 'length'>): Omit<Batch, 'ids'> {
  return { sequences, length, accumulationSteps: Math.ceil(sequences / sequencesPerPart(config)) };
}

/** Records the step for every shape that a batch will have, so that the graphs are loaded once. */
export function prepareStep(step: TrainingStep, { config, length, batches }: Pick<LoopParts, 'config' | 'length' | 'batches'>): void {
  const rest = batches.itemsPerEpoch % config.batch_size;
  const sizes = [Math.min(config.batch_size, batches.itemsPerEpoch), ...(rest ? [rest] : [])];
  for (const sequences of new Set(sizes)) step.prepare(shapeOf(sequences, { config, length }));
}

/** A mistake in the evaluation data should not show only after the first epoch. */
async function sanityCheck({ evaluation, config }: LoopParts): Promise<void> {
  const loss = await evaluation.measure({ limit: 2 * sequencesPerPart(config) });
  if (!Number.isFinite(loss)) throw new CriaError('non-finite', `The untrained model's eval loss is ${loss}.`, 'Check the model\'s sizes and the eval data.');
}

function measure({ evaluation, label }: LoopParts, context: JobContext): Promise<number> {
  return evaluation.measure({
    onProgress: (done, total) => context.progress({ label: `${label}: eval loss`, done, total, unit: 'sequences' }),
  });
}

/** Adds a step to the sums since the last log. */
function addToWindow({ window }: TrainingState, metrics: StepMetrics): void {
  const add = (name: string, value: number) => {
    window.sums[name] = (window.sums[name] ?? 0) + value;
  };
  window.steps++;
  add('train/loss', metrics.lossNats);
  add('train/gradientNorm', metrics.gradientNorm);
  if (metrics.kl !== null) {
    add('train/crossEntropy', metrics.crossEntropyNats);
    add('train/kl', metrics.kl);
  }
}

/** Means since the last log; begins a new window. */
function closeWindow(state: TrainingState): Record<string, number> {
  const { steps, sums } = state.window;
  state.window = { steps: 0, sums: {} };
  return Object.fromEntries(Object.entries(sums).map(([name, sum]) => [name, sum / steps]));
}
