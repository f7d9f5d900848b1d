/** eval, score. */
import type { Command } from 'commander';
import type { SuiteScore } from '../../shared/results.ts';
import { formatAccuracy, formatInteger, renderTable } from './format.ts';
import { absolute, modelReference, type Terminal } from './terminal.ts';

interface EvalOptions {
  suite: string[];
  data?: string;
  out?: string;
  download?: boolean;
}

export function addEvaluationCommands(program: Command, terminal: Terminal): void {
  program
    .command('eval')
    .description('score models on suites of minimal pairs')
    .argument('<models...>', 'names in the workspace, or Hugging Face folders')
    .requiredOption('--suite <names...>', 'blimp, supplement, blimp-full, demo, or pairs:FOLDER for your own jsonl files')
    .option('--data <dir>', 'folder that holds the suites\' data (default: the workspace\'s data folder)')
    .option('--out <dir>', 'also write per-task sample files as the BabyLM pipeline does')
    .option('--download', 'fetch missing data from its official source')
    .action((models: string[], options: EvalOptions) =>
      terminal.withEngine(async (connection) => {
        const started = await connection.client.request('evaluation.start', {
          models: models.map(modelReference),
          suites: options.suite.map((suite) => (suite.startsWith('pairs:') ? `pairs:${absolute(suite.slice('pairs:'.length))}` : suite)),
          data: options.data === undefined ? null : absolute(options.data),
          out: options.out === undefined ? null : absolute(options.out),
          download: options.download ?? false,
        });
        const { scores } = await terminal.finish(connection, 'evaluate', started);
        terminal.print(scores, describeScores);
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

/** One table per suite: paradigms (or, for many of them, phenomena) down, models across. */
export function describeScores(scores: SuiteScore[]): string {
  const parts: string[] = [];
  for (const suite of new Set(scores.map((score) => score.suite))) {
    const ofSuite = scores.filter((score) => score.suite === suite);
    const first = ofSuite[0]!;
    const rowsOf = (score: SuiteScore) => (score.phenomena.length > 1 ? score.phenomena : score.subtasks);
    const rows = rowsOf(first).map(({ subtask, items }) => [
      subtask,
      formatInteger(items),
      ...ofSuite.map((score) => {
        const found = rowsOf(score).find((row) => row.subtask === subtask);
        return found ? formatAccuracy(found.score, found.low, found.high) : '–';
      }),
    ]);
    const items = first.subtasks.reduce((sum, row) => sum + row.items, 0);
    rows.push([`mean of ${first.subtasks.length}`, formatInteger(items), ...ofSuite.map((score) => formatAccuracy(score.score, score.low, score.high))]);
    parts.push(
      renderTable([`${suite} (${first.protocol})`, 'items', ...ofSuite.map((score) => score.model)], rows, [false, ...rows[0]!.map(() => true)]),
    );
  }
  parts.push('Accuracy in percent ± the wider half of its 95 % interval.');
  return parts.join('\n');
}
