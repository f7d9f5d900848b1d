/** train, distill, resume, runs, compare. */
import type { Command } from 'commander';
import type { ResultOf } from '../../shared/contract.ts';
import type { RunSummary } from '../../shared/records.ts';
import type { TrainResult } from '../../shared/results.ts';
import { describeConditions } from '../../shared/scores.ts';
import { formatDuration, formatInteger, formatLoss, formatParameters, renderTable } from './format.ts';
import { absolute, parseInteger, type Terminal } from './terminal.ts';

interface StartOptions {
  config: string;
  lr?: string;
  modelName?: string;
  eager?: boolean;
  set: string[];
}

export function addRunCommands(program: Command, terminal: Terminal): void {
  for (const [command, method, description] of [
    ['train', 'train', 'train a model from a config'],
    ['distill', 'distil', 'distil a student from the teachers that a config names'],
  ] as const) {
    program
      .command(command)
      .description(description)
      .requiredOption('--config <file>', 'a YAML config in the BabyLlama format')
      .option('--lr <x>', 'peak learning rate, instead of the config\'s')
      .option('--model_name, --model-name <name>', 'name of the model, instead of the config\'s')
      .option('--eager', 'run op by op instead of as a compiled graph: slower, the reference')
      .option('--set <key=value>', 'any other key, e.g. training.num_epochs=2; may be repeated', collect, [])
      .action((options: StartOptions) => start(terminal, options, method));
  }

  program
    .command('resume')
    .description('go on with a run that was stopped or interrupted')
    .argument('<run>', 'its id, or the name of its newest run')
    .action((run: string) =>
      terminal.withEngine(async (connection) => {
        const started = await connection.client.request('run.resume', { run });
        const finished = await terminal.finishRun(connection, started);
        if (finished.kind === 'train') terminal.print(finished.result as TrainResult, describeTraining);
        else terminal.print(finished.result, () => `Run ${finished.id} is done.`);
      }),
    );

  program
    .command('runs')
    .description('list training and distillation runs, newest first')
    .option('--all', 'list every kind of job')
    .option('--search <text>', 'only runs whose name, tags or notes hold that text')
    .option('--limit <n>', 'how many', parseInteger('--limit'), 50)
    .action((options: { all?: boolean; search?: string; limit: number }) =>
      terminal.withEngine(async ({ client }) => {
        const { rows, total } = await client.request('run.list', {
          kinds: options.all ? undefined : ['train'],
          search: options.search,
          limit: options.limit,
        });
        terminal.print(rows, () => describeRuns(rows, total));
      }),
    );

  program
    .command('compare')
    .description('compare runs: configs, losses, and paired scores against the first')
    .argument('<runs...>', '2 to 8 run ids or names')
    .action((runs: string[]) =>
      terminal.withEngine(async ({ client }) => {
        terminal.print(await client.request('run.compare', { runs }), describeComparison);
      }),
    );
}

function collect(value: string, earlier: string[]): string[] {
  return [...earlier, value];
}

function start(terminal: Terminal, options: StartOptions, method: 'train' | 'distil'): Promise<void> {
  const overrides = options.set.map((pair): [string, string] => {
    const equals = pair.indexOf('=');
    return equals < 0 ? [pair, ''] : [pair.slice(0, equals), pair.slice(equals + 1)];
  });
  if (options.lr !== undefined) overrides.push(['training.lr', options.lr]);
  if (options.eager) overrides.push(['training.eager', 'true']);
  if (options.modelName !== undefined) overrides.push(['model.name', options.modelName]);
  return terminal.withEngine(async (connection) => {
    const started = await connection.client.request('run.start', {
      configFile: absolute(options.config),
      workingFolder: process.cwd(),
      overrides,
      method,
    });
    process.stderr.write(`Run ${started.runId}\n`);
    terminal.print(await terminal.finish(connection, 'train', started), describeTraining);
  });
}

function describeTraining(result: TrainResult): string {
  return [
    `${result.model}: ${formatParameters(result.parameters)} parameters`,
    `eval loss ${formatLoss(result.evalLossNats)} nats per token (perplexity ${formatLoss(result.perplexity)}), best at step ${formatInteger(result.bestStep)} of ${formatInteger(result.steps)}`,
    `${formatInteger(result.tokens)} tokens in ${formatDuration(result.seconds)}`,
    result.folder,
  ].join('\n');
}

function describeRuns(rows: RunSummary[], total: number): string {
  if (!rows.length) return 'No runs yet. `cria demo` makes the first ones, `cria train --config FILE` your own.';
  const table = renderTable(
    ['run', 'name', 'state', 'step', 'train loss', 'eval loss', 'best', 'time', 'started'],
    rows.map((run) => [
      run.id,
      run.name,
      run.state,
      run.step === null ? '–' : formatInteger(run.step),
      formatLoss(run.trainLoss),
      formatLoss(run.evalLoss),
      formatLoss(run.bestEvalLoss),
      run.startedAt === null ? '–' : formatDuration(((run.finishedAt ?? Date.now()) - run.startedAt) / 1000),
      run.startedAt === null ? '–' : new Date(run.startedAt).toLocaleString(),
    ]),
    [false, false, false, true, true, true, true, true, false],
  );
  return rows.length < total ? `${table}\n${rows.length} of ${formatInteger(total)}; --limit shows more.` : table;
}

function describeComparison(comparison: ResultOf<'run.compare'>): string {
  const names = comparison.runs.map((run) => run.name);
  const numeric = [false, ...names.map(() => true)];
  const differing = comparison.config.filter(({ differs }) => differs);
  const parts = [
    differing.length
      ? renderTable(['config', ...names], differing.map(({ key, values }) => [key, ...values]))
      : 'The configs are equal.',
    `${comparison.config.length - differing.length} config keys are equal.`,
    renderTable(
      ['metric', ...names],
      comparison.metrics.map(({ metric, last, best }) => [metric, ...last.map((value, i) => `${formatLoss(value)} (best ${formatLoss(best[i]!)})`)]),
      numeric,
    ),
  ];
  for (const score of comparison.scores) {
    const rows = [[score.suite, ...score.scores.map((value) => (value === null ? '–' : `${(100 * value).toFixed(1)} %`))]];
    for (const { subtask, index } of significantSubtasks(score.against)) {
      const first = score.against.find((other) => other.subtasks[index])!.subtasks[index]!;
      rows.push([
        `  ${subtask}`,
        ...comparison.runs.map((run, column) => {
          if (column === 0) return `${(100 * first.scores[0]!).toFixed(1)} %`;
          const paired = score.against.find((other) => other.runId === run.id)?.subtasks[index];
          return paired ? `${(100 * paired.scores[1]!).toFixed(1)} %${paired.pAdjusted < 0.05 ? ' *' : ''}` : '–';
        }),
      ]);
    }
    parts.push(renderTable([`${score.suite} (${describeConditions(score)})`, ...names], rows, numeric));
    for (const other of score.against) {
      const run = comparison.runs.find(({ id }) => id === other.runId)!;
      parts.push(`${run.name} - ${names[0]}: ${signed(100 * other.difference)} points, 95 % interval ${signed(100 * other.low)} to ${signed(100 * other.high)}`);
    }
  }
  if (comparison.scores.length) parts.push('* differs from the first run: exact McNemar test, Holm-corrected over the suite, p < 0.05. Paradigms without a * are left out.');
  return parts.join('\n');
}

function significantSubtasks(against: ResultOf<'run.compare'>['scores'][number]['against']): { subtask: string; index: number }[] {
  const found = new Map<number, string>();
  for (const other of against) {
    other.subtasks.forEach((paired, index) => {
      if (paired.pAdjusted < 0.05) found.set(index, paired.subtask);
    });
  }
  return [...found].sort(([a], [b]) => a - b).map(([index, subtask]) => ({ subtask, index }));
}

function signed(value: number): string {
  return `${value < 0 ? '−' : '+'}${Math.abs(value).toFixed(1)}`;
}
