/** finetune. */
import { InvalidArgumentError, Option, type Command } from 'commander';
import { PIPELINE } from '../../shared/finetuning.ts';
import { describeScores } from './evaluationCommands.ts';
import { absolute, modelReference, type Terminal } from './terminal.ts';

interface FinetuneOptions {
  lora?: boolean;
  tasks?: string[];
  data?: string;
  out?: string;
  keepModels?: boolean;
  lr?: number;
  batchSize?: number;
  epochs?: number;
  patience?: number | null;
  seed?: number;
  maxLength?: number;
  rank?: number;
  alpha?: number;
  dropout?: number;
  targets?: string[];
}

const { all, lora } = PIPELINE;

export function addFinetuningCommands(program: Command, terminal: Terminal): void {
  program
    .command('finetune')
    .description('fine-tune models on GLUE tasks, each with a classifier of its own, and score them; as `eval --suite glue`, with settings')
    .argument('<models...>', 'names in the workspace, or Hugging Face folders')
    .option('--lora', 'train low-rank adapters beside frozen weights')
    .option('--tasks <names...>', 'only these tasks (default: all that there is data for)')
    .option('--data <dir>', 'folder that holds glue_filtered (default: the workspace\'s data folder)')
    .option('--out <dir>', 'also write predictions.txt per task, as the BabyLM pipeline does')
    .option('--keep-models', 'keep fine-tuned classifiers, each as large as its model (adapters are always kept)')
    .option('--lr <x>', `learning rate (default: ${all.learningRate}; LoRA ${lora.learningRate})`, number)
    .option('--batch-size <n>', `examples of a step (default: ${all.batchSize})`, wholeNumber)
    .option('--epochs <n>', `(default: ${all.epochs}; LoRA ${lora.epochs})`, wholeNumber)
    .option('--patience <n>', `epochs without improvement before training stops, or "none" (default: ${all.patience}; LoRA none)`, (text) => (text === 'none' ? null : wholeNumber(text)))
    .option('--seed <n>', `(default: ${all.seed}; LoRA ${lora.seed})`, wholeNumber)
    .option('--max-length <n>', `tokens that an input is cut to (default: ${all.maxLength})`, wholeNumber)
    .option('--rank <r>', `LoRA: rank of the adapters (default: ${lora.lora!.rank})`, wholeNumber)
    .option('--alpha <x>', `LoRA: scale of the adapters (default: ${lora.lora!.alpha})`, number)
    .option('--dropout <p>', `LoRA: dropout on the adapters' inputs (default: ${lora.lora!.dropout})`, number)
    .addOption(new Option('--targets <names...>', 'LoRA: projections that get adapters, e.g. q_proj v_proj (default: PEFT\'s for the architecture)'))
    .action((models: string[], options: FinetuneOptions) =>
      terminal.withEngine(async (connection) => {
        const { rank, alpha, dropout, targets } = options;
        const started = await connection.client.request('evaluation.start', {
          models: models.map(modelReference),
          suites: [options.lora ? 'glue-lora' : 'glue'],
          data: options.data === undefined ? null : absolute(options.data),
          out: options.out === undefined ? null : absolute(options.out),
          finetuning: {
            tasks: options.tasks, keepModels: options.keepModels ?? false, learningRate: options.lr, batchSize: options.batchSize, epochs: options.epochs,
            patience: options.patience, seed: options.seed, maxLength: options.maxLength, lora: { rank, alpha, dropout, targets },
          },
        });
        const { scores } = await terminal.finish(connection, 'evaluate', started);
        terminal.print(scores, describeScores);
      }),
    );
}

function number(text: string): number {
  const value = Number(text);
  if (text.trim() === '' || !Number.isFinite(value)) throw new InvalidArgumentError('A number, please.');
  return value;
}

function wholeNumber(text: string): number {
  const value = number(text);
  if (!Number.isSafeInteger(value)) throw new InvalidArgumentError('A whole number, please.');
  return value;
}
