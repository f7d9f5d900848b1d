/**
 * Fine-tuning suites: one model on every task of a suite, each by a classifier of its own. What is left of a task in the run's folder:
 * finetuning/MODEL/SUITE/TASK/ with predictions.txt, and the adapter (LoRA) or, where asked for, the classifier.
 */
import { createHash } from 'node:crypto';
import { existsSync, mkdirSync, rmSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { CriaError } from '../../shared/errors.ts';
import type { FinetuningOptions } from '../../shared/finetuning.ts';
import type { ClassOutcome } from '../../shared/outcomes.ts';
import { loadTokenizer, type Tokenizer } from '../corpus/tokenizer.ts';
import { writeFileAtomic } from '../disk/atomic.ts';
import { fileName, readOutcome, writeOutcome, type OutcomePlace } from '../evaluation/outcomeFiles.ts';
import type { FineTuningSuite } from '../evaluation/suites/suite.ts';
import { addPrefixSpace } from '../evaluation/tokenizerRoles.ts';
import { readModelConfig } from '../models/configJson.ts';
import type { ModelConfig } from '../models/modelConfig.ts';
import type { JobContext } from '../queue/jobContext.ts';
import { saveClassifierFolder } from './classifierFolder.ts';
import { ClassifierProgram } from './classifierProgram.ts';
import { classLogits, predictedClasses, type BatchShape } from './evaluateTask.ts';
import { encodeItems, itemsDigest, labelsOf, readItems, type Item } from './examples.ts';
import { savePeftFolder } from './peftFolder.ts';
import { findTask, type GlueTask } from './tasks.ts';
import { trainTask } from './trainTask.ts';

export interface SuiteFinetuning {
  suite: FineTuningSuite;
  /** Tasks to predict: their name, and their file of items to predict. The training files lie beside them. */
  files: readonly { name: string; path: string }[];
  /** Folder of the model. */
  folder: string;
  place: OutcomePlace;
  options: FinetuningOptions;
  /** Keep fine-tuned classifiers, which are as large as the model. Adapters are always kept. */
  keepModels: boolean;
  /** Changes when the model does. */
  mark: string;
  /** Folder that predictions.txt is also written to, in a folder per task; null: none. */
  out: string | null;
  label: string;
}

/** Tasks that share a training file, and with it a classifier. */
interface Unit {
  trained: GlueTask;
  predicted: { task: GlueTask; path: string }[];
}

/**
 * Trains and predicts, task by task; tasks that an earlier start of the same job finished are not done again.
 * @throws CriaError `bad-input` for bad data, `not-found` for a training file that is missing, `bad-model`, `cancelled`, `non-finite`
 */
export async function finetuneSuite(parts: SuiteFinetuning, context: JobContext): Promise<ClassOutcome[]> {
  const config = readModelConfig(parts.folder);
  const tokenizer = await loadTokenizer(join(parts.folder, 'tokenizer.json'), { addPrefixSpace: addPrefixSpace(parts.folder) });
  const shape = batchShape(parts.options, config, tokenizer);
  const programs = new Programs(parts.folder, { ...parts.options, maxLength: shape.maxLength });
  try {
    const outcomes: ClassOutcome[] = [];
    for (const unit of unitsOf(parts.files)) outcomes.push(...(await finetuneUnit(unit, { ...parts, config, tokenizer, shape, programs }, context)));
    return outcomes;
  } finally {
    programs.dispose();
  }
}

function unitsOf(files: SuiteFinetuning['files']): Unit[] {
  const units = new Map<string, Unit>();
  for (const { name, path } of files) {
    const task = findTask(name);
    const unit = units.get(task.trainedAs) ?? { trained: findTask(task.trainedAs), predicted: [] };
    unit.predicted.push({ task, path });
    units.set(task.trainedAs, unit);
  }
  return [...units.values()];
}

function batchShape({ batchSize, maxLength }: FinetuningOptions, config: ModelConfig, tokenizer: Tokenizer): BatchShape {
  // Any id would do, as nothing looks at it; this one lets transformers find a row's last token.
  const padId = tokenizer.pad ?? config.pad_token_id ?? config.eos_token_id;
  return { rows: batchSize, padId, maxLength: Math.min(maxLength, config.max_positions) };
}

async function finetuneUnit(
  { trained, predicted }: Unit, parts: SuiteFinetuning & { config: ModelConfig; tokenizer: Tokenizer; shape: BatchShape; programs: Programs }, context: JobContext,
): Promise<ClassOutcome[]> {
  const { options, suite, place, tokenizer, shape } = parts;
  const data = dirname(predicted[0]!.path);
  const read = (task: GlueTask, path: string) => readItems(path, task, options.method);
  const trainPath = join(data, `${trained.name}.train.jsonl`);
  const validPath = join(data, suite.source.file(trained.name));
  if (!existsSync(trainPath)) throw new CriaError('not-found', `${trained.title} has no training file ${trainPath}.`, suite.howToGet);
  const trainItems = await read(trained, trainPath);
  const validItems = await read(trained, validPath);
  const targets = await Promise.all(predicted.map(async ({ task, path }) => ({ task, path, items: path === validPath ? validItems : await read(task, path) })));

  const digestOf = (items: readonly Item[]) => createHash('sha256')
    .update(JSON.stringify([parts.mark, tokenizer.sha256, tokenizer.addPrefixSpace, options, itemsDigest(trainItems), itemsDigest(validItems), itemsDigest(items)])).digest('hex');
  const heads = targets.map(({ task, items }) => ({ head: { subtask: task.name, phenomenon: null, metric: suite.method.metric(task.name) }, digest: digestOf(items) }));
  const known = heads.map(({ head, digest }) => readOutcome(place, 'fine-tuning', head, digest) as ClassOutcome | null);
  if (known.every((outcome) => outcome !== null)) return known;

  const labels = labelsOf(trainItems, trainPath);
  const encode = (items: readonly Item[], path: string) => encodeItems(items, { labels, tokenizer, vocabSize: parts.config.vocab_size, maxLength: shape.maxLength, path });
  const [train, validation] = [encode(trainItems, trainPath), encode(validItems, validPath)];
  const program = parts.programs.fresh(labels.length);
  const folder = join(place.runFolder, 'finetuning', fileName(place.model), fileName(suite.name), trained.name);
  const checkpointFolder = join(folder, `training-${heads[0]!.digest.slice(0, 16)}`);
  mkdirSync(folder, { recursive: true });
  const label = `${parts.label}: ${trained.name}`;
  context.progress({ label, done: 0, total: 1, unit: 'steps', detail: `${train.length} examples, compiling` });
  const training = await trainTask({ program, train, validation, options, shape, folder: checkpointFolder, label, metricPrefix: `${fileName(place.model)} ${suite.name}/${trained.name}` }, context);
  context.log('info', `${label}: ${training.epochs} epochs of ${train.length} examples in ${training.seconds.toFixed(0)} s; epoch ${training.bestEpoch} is kept`);

  const outcomes: ClassOutcome[] = [];
  for (const [index, { task, path, items }] of targets.entries()) {
    const examples = encode(items, path);
    const logits = await classLogits(program, examples, shape, (done) => context.progress({ label: `${parts.label}: ${task.name}`, done, total: examples.length, unit: 'items' }));
    const toLabels = (classes: Int32Array) => classes.map((one) => labels[one]!);
    const outcome: ClassOutcome = {
      kind: 'fine-tuning', ...heads[index]!.head, predicted: toLabels(predictedClasses(logits, labels.length)), labels: Int32Array.from(items, ({ label: truth }) => truth),
    };
    writePredictions(join(folder, '..', task.name, 'predictions.txt'), outcome.predicted);
    if (parts.out !== null) writePredictions(join(parts.out, PIPELINE_FOLDER[options.method], task.name, 'predictions.txt'), outcome.predicted);
    outcomes.push(outcome);
  }
  await keepTrained(folder, program, { labels, baseModel: parts.folder, padId: shape.padId }, parts.keepModels);
  // Last: from here on the unit counts as done.
  outcomes.forEach((outcome, index) => writeOutcome(place, heads[index]!.digest, outcome));
  rmSync(checkpointFolder, { recursive: true, force: true });
  return outcomes;
}

/** Where the pipeline keeps predictions, below results/. */
const PIPELINE_FOLDER = { all: 'finetune', lora: 'lora' } as const;

/** The pipeline's file, which its collect_results.py reads. @param predicted labels in the order of the items */
function writePredictions(path: string, predicted: Int32Array): void {
  writeFileAtomic(path, (append) => append(`index\tprediction\n${Array.from(predicted, (label, index) => `${index}\t${label}\n`).join('')}`));
}

async function keepTrained(folder: string, program: ClassifierProgram, model: { labels: readonly number[]; baseModel: string; padId: number }, keepModels: boolean): Promise<void> {
  const { classifier } = program;
  const values = (name: string) => program.read(name);
  const target = join(folder, classifier.adapters ? 'adapter' : 'classifier');
  if (!classifier.adapters && !keepModels) return;
  rmSync(target, { recursive: true, force: true }); // An earlier start may have got this far.
  if (classifier.adapters) await savePeftFolder(target, classifier, model.baseModel, values);
  else await saveClassifierFolder(target, classifier, model, values);
}

/** The program of the latest number of classes: compiling takes seconds, and most tasks have two classes. */
class Programs {
  readonly #folder: string;
  readonly #options: FinetuningOptions;
  #current: ClassifierProgram | null = null;

  constructor(folder: string, options: FinetuningOptions) {
    this.#folder = folder;
    this.#options = options;
  }

  /** A program with the model as it was and a new classifier. */
  fresh(classes: number): ClassifierProgram {
    if (this.#current?.classifier.classes === classes) {
      this.#current.reset();
      return this.#current;
    }
    this.dispose();
    this.#current = new ClassifierProgram(this.#folder, classes, this.#options);
    return this.#current;
  }

  dispose(): void {
    this.#current?.dispose();
    this.#current = null;
  }
}
