/**
 * The training job: tokenizer -> token files -> batches -> model -> loop -> model folder. A config with a `distillation` section brings
 * teachers and another loss; all else is the same.
 */
import { existsSync, readFileSync } from 'node:fs';
import { basename, join } from 'node:path';
import type { RunConfig } from '../../shared/config.ts';
import { CriaError } from '../../shared/errors.ts';
import type { JobParams } from '../../shared/jobs.ts';
import type { TrainResult } from '../../shared/results.ts';
import { EvaluationSequences, TrainingBatches } from '../corpus/batches.ts';
import { ensureTokenFile } from '../corpus/tokenCache.ts';
import type { TokenFile } from '../corpus/tokenFile.ts';
import { loadTokenizer, type Tokenizer } from '../corpus/tokenizer.ts';
import { modelConfigFromRun } from '../models/configJson.ts';
import { createModel } from '../models/createModel.ts';
import type { LanguageModel } from '../models/languageModel.ts';
import { countParameters } from '../models/parameterShapes.ts';
import { saveModelFolder } from '../models/saveModel.ts';
import type { JobContext } from '../queue/jobContext.ts';
import { createProgram } from '../tensorflow/createProgram.ts';
import { chooseExecution, machineDevice } from '../tensorflow/execution.ts';
import { backend, tensorflowVersion } from '../tensorflow/tf.ts';
import { VERSION } from '../version.ts';
import type { Workspace } from '../workspace.ts';
import { Checkpoints } from './checkpoint.ts';
import { EvalLoss } from './evaluateLoss.ts';
import { prepareStep, sequencesPerPart, totalSteps, trainLoop } from './loop.ts';
import { createStep, distillation, languageModelling } from './step.ts';
import { makeSampler } from './sample.ts';
import { loadTeachers } from './teachers.ts';

/** Where a model's folder says which run made it, from what. */
const LINEAGE = 'cria.json';

/**
 * Trains, or goes on with, the run whose folder the context names.
 * @throws CriaError `exists`, `not-found`, `bad-config`, `bad-input` or `bad-model` before any work; `cancelled`, `non-finite` or `no-space`
 *   in the middle of it, with a checkpoint to go on from
 */
export async function train({ config, resume }: JobParams<'train'>, context: JobContext, workspace: Workspace): Promise<TrainResult> {
  const target = workspace.modelFolder(config.model.name);
  const finished = resume ? finishedResult(target, context) : null;
  if (finished) return finished;
  if (existsSync(target)) throw new CriaError('exists', `There is a model named "${config.model.name}" already.`, 'Choose another name with --model-name.');
  refuseImpossible(config);

  const tokenizer = await loadTokenizer(config.data.tokenizer_path);
  const modelConfig = modelConfigFromRun(config, vocabularySize(tokenizer));
  const resources: { close(): void }[] = [];
  try {
    const execution = chooseExecution(config.training, { ...machineDevice(), gpu: backend.isUsingGpuDevice });
    context.log('info', `This run computes ${execution.why}.`);
    context.report({ type: 'execution', precision: execution.precision, why: execution.why });
    const program = createProgram(execution);
    resources.push({ close: () => program.dispose() });
    const teachers = await loadTeachers(config, tokenizer, modelConfig, program, workspace);
    resources.push(...teachers.map((teacher) => ({ close: () => teacher.model.dispose() })));
    const data = await openData(config, tokenizer, context, workspace);
    resources.push(...data.files);

    const model = createModel(modelConfig, { seed: config.training.seed, program });
    resources.push({ close: () => model.dispose() });
    const loss = config.distillation ? distillation(teachers.map((teacher) => teacher.model), config.distillation) : languageModelling;
    const { weight_decay: weightDecay, max_grad_norm: maxGradNorm } = config.training;
    const step = createStep(model, loss, { weightDecay, maxGradNorm });
    const { seq_length: length } = config.data;
    const evaluation = new EvalLoss(model, data.evaluation, { length, batchSize: sequencesPerPart(config.training) });
    const sample = makeSampler(model, tokenizer, config, context);
    prepareStep(step, { config: config.training, length, batches: data.batches });

    const total = totalSteps(config.training, data.batches);
    if (config.training.warmup_steps >= total) {
      context.log('warning', `The learning rate's warmup of ${config.training.warmup_steps} steps is not over when the run's ${total} steps are.`);
    }
    const checkpoints = new Checkpoints(context.folder, program);
    const from = resume ? checkpoints.newest() : null;
    if (from) checkpoints.restore(from.step, model.parameters, step.state());
    context.log('info', `${countParameters(modelConfig)} parameters, ${data.batches.itemsPerEpoch} sequences an epoch, ${total} steps${from ? `, from step ${from.step}` : ''}`);

    const end = await trainLoop(
      {
        label: `${config.distillation ? 'Distilling' : 'Training'} ${config.model.name}`,
        config: config.training,
        length,
        model,
        step,
        batches: data.batches,
        evaluation,
        checkpoints,
        sample,
        from,
      },
      context,
    );

    const result: TrainResult = {
      model: config.model.name,
      folder: target,
      parameters: countParameters(modelConfig),
      steps: end.step,
      tokens: end.tokens,
      evalLossNats: end.best.evalLossNats,
      perplexity: Math.exp(end.best.evalLossNats),
      bestStep: end.best.step,
      seconds: end.seconds,
      corpusSha256: data.files[0]!.sha256,
      tokenizerSha256: tokenizer.sha256,
      teachers: teachers.map((teacher) => teacher.name),
    };
    await saveBest(model, checkpoints, target, config, result, context);
    return result;
  } finally {
    for (const resource of resources.reverse()) resource.close();
  }
}

/** The result of this very run, when it was killed between writing its model and reporting so. */
function finishedResult(folder: string, context: JobContext): TrainResult | null {
  const path = join(folder, LINEAGE);
  if (!existsSync(path)) return null;
  const { runId, result } = JSON.parse(readFileSync(path, 'utf8')) as { runId?: string; result?: Omit<TrainResult, 'folder'> };
  return runId === basename(context.folder) && result ? { ...result, folder } : null;
}

/** What can be known to fail without reading any data. */
function refuseImpossible({ training, data }: RunConfig): void {
  if (training.batch_size % training.gradient_accumulation_steps !== 0) {
    throw new CriaError('bad-config', `training.batch_size (${training.batch_size}) cannot be divided into ${training.gradient_accumulation_steps} accumulation steps.`,
      'Choose gradient_accumulation_steps that divides batch_size.');
  }
  if (data.seq_length < 2) throw new CriaError('bad-config', `data.seq_length is ${data.seq_length}; a sequence has at least 2 tokens.`);
}

/**
 * Size of the vocabulary that the model gets. An added "<|endoftext|>" beyond the trained vocabulary, as transformers' GPT-2 tokenizer
 * appends it, would be an id that the original's models do not have.
 */
function vocabularySize(tokenizer: Tokenizer): number {
  if (tokenizer.pad === null || tokenizer.bos === null || tokenizer.eos === null) {
    throw new CriaError('bad-input', `${tokenizer.path} lacks one of the special tokens <pad>, <s> and </s>.`, 'Train a tokenizer with `cria tokenizer`.');
  }
  return tokenizer.vocabSize;
}

async function openData(config: RunConfig, tokenizer: Tokenizer, context: JobContext, workspace: Workspace) {
  const cacheFolder = join(workspace.corpora, 'tokens');
  const open = (folder: string, suffix: '.train' | '.dev') => ensureTokenFile({ folder, suffix, tokenizer, cacheFolder }, context);
  const files: TokenFile[] = [];
  try {
    files.push(await open(config.data.train_path, '.train'));
    files.push(await open(config.data.eval_path, '.dev'));
    const { seq_length: seqLength, eval_samples: samples } = config.data;
    const { batch_size: batchSize, seed } = config.training;
    const evaluation = new EvaluationSequences(files[1]!, { seqLength, samples });
    if (evaluation.length < samples) {
      context.log('warning', `data.eval_samples asks for ${samples} sequences, but the eval text has ${evaluation.available}; all of them are used.`);
    }
    return { files, evaluation, batches: new TrainingBatches(files[0]!, { seqLength, batchSize, seed }) };
  } catch (error) {
    for (const file of files) file.close();
    throw error;
  }
}

/** Writes the best checkpoint's weights as the model. */
async function saveBest(model: LanguageModel, checkpoints: Checkpoints, folder: string, config: RunConfig, result: TrainResult, context: JobContext): Promise<void> {
  const weights = checkpoints.openWeights(result.bestStep);
  try {
    await saveModelFolder(folder, {
      config: model.config,
      values: (name) => weights.readFloats(name),
      tokenizerPath: config.data.tokenizer_path,
      extra: {
        [LINEAGE]: {
          runId: basename(context.folder),
          config,
          result: { ...result, folder: undefined },
          versions: { cria: VERSION, node: process.versions.node, tensorflow: tensorflowVersion },
        },
      },
    });
  } finally {
    weights.close();
  }
}
