/** demo: the whole recipe in minutes. */
import { dirname, join } from 'node:path';
import type { Command } from 'commander';
import pc from 'picocolors';
import { DEMO_SIZE, runDemo, TINY_DEMO, type DemoResult } from '../demo/runDemo.ts';
import { formatAccuracy, formatDuration, formatLoss, formatParameters, renderTable } from './format.ts';
import type { Terminal } from './terminal.ts';
import { watchRun } from './watch.ts';

export function addDemoCommand(program: Command, terminal: Terminal): void {
  program
    .command('demo')
    .description('train, distil and score four small models on a made-up nursery corpus (about ten minutes)')
    .option('--tiny', 'seconds instead of minutes, to see that everything works; the scores mean nothing')
    .action(({ tiny }: { tiny?: boolean }) =>
      terminal.withEngine(async ({ client, workspace }) => {
        const result = await runDemo({
          client,
          workspace,
          // src/main/cli.ts and out/main/cli.js both lie two folders below the project's.
          configFolder: join(dirname(terminal.jobEntry), '..', '..', 'config', 'demo'),
          size: tiny ? TINY_DEMO : DEMO_SIZE,
          watch: (runId) => watchRun(client, runId),
          stage: (text) => process.stderr.write(`${pc.bold(text)}\n`),
        });
        terminal.print(terminal.json ? summarize(result) : result, (value) => describe(value as DemoResult));
      }),
    );
}

function summarize({ workspace, models, seconds }: DemoResult) {
  return {
    models: models.map(({ role, name, trained, score }) => ({
      role,
      name,
      parameters: trained.parameters,
      evalLoss: trained.evalLossNats,
      perplexity: trained.perplexity,
      accuracy: score.score,
      low: score.low,
      high: score.high,
      phenomena: Object.fromEntries(score.phenomena.map(({ subtask, score: accuracy, low, high, items }) => [subtask, { accuracy, low, high, items }])),
    })),
    seconds: Math.round(seconds * 10) / 10,
    workspace,
  };
}

function describe({ workspace, models, seconds }: DemoResult): string {
  const phenomena = models[0]!.score.phenomena.map((row) => row.subtask);
  const rows = [
    ['parameters', ...models.map(({ trained }) => formatParameters(trained.parameters))],
    ['eval loss (nats per token)', ...models.map(({ trained }) => formatLoss(trained.evalLossNats))],
    ['perplexity', ...models.map(({ trained }) => formatLoss(trained.perplexity))],
    ...phenomena.map((phenomenon) => [
      phenomenon.replaceAll('_', ' '),
      ...models.map(({ score }) => {
        const row = score.phenomena.find((candidate) => candidate.subtask === phenomenon)!;
        return formatAccuracy(row.score, row.low, row.high);
      }),
    ]),
    ['all (mean over paradigms)', ...models.map(({ score }) => formatAccuracy(score.score, score.low, score.high))],
  ];
  const table = renderTable(['', ...models.map(({ role }) => role)], rows, [false, ...models.map(() => true)]);
  return [
    table,
    'Accuracies in percent ± the wider half of the 95 % interval; chance is 50.',
    `Took ${formatDuration(seconds)}. Everything lies in ${workspace}`,
  ].join('\n');
}
