/** eval, score, submission. */
import { existsSync } from 'node:fs';
import { Option, type Command } from 'commander';
import type { ResultOf } from '../../shared/contract.ts';
import type { SuiteScore } from '../../shared/results.ts';
import { comparisonKey, DEFAULT_PROTOCOL, describeConditions, PROTOCOLS, type ProtocolName } from '../../shared/scores.ts';
import { formatAccuracy, formatInteger, renderTable } from './format.ts';
import { absolute, modelReference, type Terminal } from './terminal.ts';

interface EvalOptions {
  suite: string[];
  protocol: ProtocolName;
  data?: string;
  ewok?: string;
  vocabulary?: string;
  out?: string;
  download?: boolean;
  checkpoints?: boolean;
}

interface SubmissionOptions {
  out?: string;
  protocol: ProtocolName;
  lora?: boolean;
}

const protocolOption = () => new Option('--protocol <name>', 'how items are scored').choices([...PROTOCOLS]).default(DEFAULT_PROTOCOL);

export function addEvaluationCommands(program: Command, terminal: Terminal): void {
  program
    .command('eval')
    .description('score models on suites')
    .argument('<models...>', 'names in the workspace, or Hugging Face folders')
    .requiredOption('--suite <names...>', 'blimp, supplement, ewok, glue, ...; pairs:NAME for jsonl files in the data folder, pairs:PATH for others')
    .addOption(protocolOption())
    .option('--data <dir>', 'folder that holds the suites\' data (default: the workspace\'s data folder)')
    .option('--ewok <dir>', 'EWoK as it was downloaded, or as the challenge\'s script filtered it')
    .option('--vocabulary <path>', 'what a raw release of EWoK is filtered by: a file with a word a line, or a corpus')
    .option('--out <dir>', 'also write per-task sample files as the BabyLM pipeline does')
    .option('--download', 'fetch missing data from its official source')
    .option('--checkpoints', 'also score the checkpoints that the models\' runs have kept')
    .action((models: string[], options: EvalOptions) =>
      terminal.withEngine(async (connection) => {
        const path = (value: string | undefined) => (value === undefined ? null : absolute(value));
        const started = await connection.client.request('evaluation.start', {
          models: models.map(modelReference),
          suites: options.suite.map(suiteReference),
          protocol: options.protocol,
          data: path(options.data),
          folders: options.ewok === undefined ? {} : { ewok: absolute(options.ewok) },
          vocabulary: path(options.vocabulary),
          out: path(options.out),
          download: options.download ?? false,
          checkpoints: options.checkpoints ?? false,
        });
        const { scores } = await terminal.finish(connection, 'evaluate', started);
        terminal.print(scores, describeScores);
      }),
    );

  program
    .command('submission')
    .description('check a model\'s predictions for the challenge, and write them where --out is given')
    .argument('<model>', 'a name in the workspace')
    .addOption(protocolOption())
    .option('--lora', 'take GLUE by LoRA')
    .option('--out <dir>', 'folder to write to')
    .action((model: string, options: SubmissionOptions) =>
      terminal.withEngine(async ({ client }) => {
        const what = { model: modelReference(model), protocol: options.protocol, glue: options.lora ? 'glue-lora' : 'glue' } as const;
        if (options.out === undefined) terminal.print(await client.request('submission.check', what), describeCheck);
        else terminal.print(await client.request('submission.write', { ...what, output: absolute(options.out) }), describeWritten);
      }),
    );

  program
    .command('score')
    .description('log-probabilities of every pair of a jsonl file, in order')
    .argument('<model>', 'a name in the workspace, or a Hugging Face folder')
    .argument('<pairs>', 'jsonl file with sentence_good and sentence_bad')
    .action((model: string, pairs: string) =>
      terminal.withEngine(async (connection) => {
        const started = await connection.client.request('evaluation.score', { model: modelReference(model), pairs: absolute(pairs) });
        const result = await terminal.finish(connection, 'score', started);
        const lines = result.pairs.map((pair) =>
          terminal.json ? JSON.stringify(pair) : `${pair.index}\t${pair.logprobGood.toFixed(3)}\t${pair.logprobBad.toFixed(3)}`,
        );
        process.stdout.write(`${lines.join('\n')}\n`);
      }),
    );
}

/** `pairs:` with a path of this terminal, or a name in the workspace's data folder. */
function suiteReference(suite: string): string {
  const own = suite.startsWith('pairs:') ? suite.slice('pairs:'.length) : null;
  return own !== null && (existsSync(own) || /[\\/]/.test(own)) ? `pairs:${absolute(own)}` : suite;
}

/** One table per suite and conditions: paradigms (or, for many of them, phenomena) down, models across. */
export function describeScores(scores: SuiteScore[]): string {
  const parts: string[] = [];
  for (const key of new Set(scores.map(comparisonKey))) {
    const ofSuite = scores.filter((score) => comparisonKey(score) === key);
    const first = ofSuite[0]!;
    const rowsOf = (score: SuiteScore) => (score.phenomena.length > 1 ? score.phenomena : score.subtasks);
    const rows = rowsOf(first).map(({ subtask, items, metric }) => [
      metric === 'accuracy' ? subtask : `${subtask} (${metric === 'f1' ? 'F1' : 'Matthews'})`,
      formatInteger(items),
      ...ofSuite.map((score) => {
        const found = rowsOf(score).find((row) => row.subtask === subtask);
        return found ? formatAccuracy(found.score, found.low, found.high) : '–';
      }),
    ]);
    const items = first.subtasks.reduce((sum, row) => sum + row.items, 0);
    rows.push([`mean of ${first.subtasks.length}`, formatInteger(items), ...ofSuite.map((score) => formatAccuracy(score.score, score.low, score.high))]);
    const names = ofSuite.map((score) => (score.step === null ? score.model : `${score.model} @${score.step}`));
    parts.push(`${first.suite}: ${describeConditions(first)}`);
    parts.push(renderTable(['', 'items', ...names], rows, [false, ...rows[0]!.map(() => true)]));
  }
  parts.push('Scores in percent ± the wider half of their 95 % interval.');
  return parts.join('\n');
}

function describeCheck({ tasks, isComplete, notMeasured }: ResultOf<'submission.check'>): string {
  const rows = tasks.map(({ task, score, problems }) => [task, score === null ? '–' : (100 * score).toFixed(1), problems.join('; ') || 'complete']);
  return [
    renderTable(['task', 'score', ''], rows, [false, true, false]),
    isComplete ? 'Complete: write it with --out.' : 'Not complete.',
    ...(notMeasured.length ? [`The challenge also has tasks that Cria does not measure: ${notMeasured.join(', ')}.`] : []),
  ].join('\n');
}

function describeWritten({ files, rescored }: ResultOf<'submission.write'>): string {
  const differing = rescored.filter(({ written, measured }) => written !== measured);
  return [
    ...files,
    `Scored again by the challenge's rules: ${rescored.length - differing.length} of ${rescored.length} subtasks have the same number.`,
    ...differing.map(({ subtask, written, measured }) => `  ${subtask}: ${(100 * written).toFixed(2)} there, ${(100 * measured).toFixed(2)} here`),
  ].join('\n');
}
