/** import-runs, export-runs, report, card. */
import { existsSync } from 'node:fs';
import { Option, type Command } from 'commander';
import { CriaError } from '../../shared/errors.ts';
import type { ForeignRun } from '../../shared/foreignRun.ts';
import { writeFileAtomic } from '../disk/atomic.ts';
import { formatInteger, renderTable } from './format.ts';
import { absolute, type Terminal } from './terminal.ts';

const TOOLS: Record<ForeignRun['tool'], string> = { tensorboard: 'TensorBoard', wandb: 'W&B', trainer: 'HF Trainer', csv: 'CSV' };

export function addExchangeCommands(program: Command, terminal: Terminal): void {
  program
    .command('import-runs')
    .description('take in runs that other tools logged: TensorBoard, W&B, Hugging Face\'s Trainer, CSV')
    .argument('<path>', 'an event file, .wandb file, trainer_state.json or CSV file, or a folder with any of the first three')
    .option('--project <name>', 'project that they are listed under', '')
    .option('--dry-run', 'only list what would be imported')
    .action((path: string, options: { project: string; dryRun?: boolean }) => importRuns(terminal, absolute(path), options));

  program
    .command('export-runs')
    .description('write runs\' curves for other tools')
    .argument('<runs...>', 'run ids or names')
    .requiredOption('--out <folder>', 'folder to make; must not exist')
    .addOption(new Option('--format <format>', 'TensorBoard event files, or a CSV table per run').choices(['tensorboard', 'csv']).default('tensorboard'))
    .action((runs: string[], { out, format }: { out: string; format: 'tensorboard' | 'csv' }) =>
      terminal.withEngine(async (connection) => {
        const started = await connection.client.request('exchange.export', { runs, format, output: absolute(out) });
        const result = await terminal.finish(connection, 'export-runs', started);
        terminal.print(result, ({ output, files }) => [output, ...files.map((file) => `  ${file}`)].join('\n'));
      }),
    );

  program
    .command('report')
    .description('write a comparison of runs as one HTML file that opens anywhere')
    .argument('<runs...>', '2 to 8 run ids or names; the first is the baseline')
    .option('--out <file>', 'file to write (default: named after the runs)')
    .option('--force', 'replace the file')
    .action((runs: string[], { out, force }: { out?: string; force?: boolean }) =>
      terminal.withEngine(async ({ client }) => {
        const { name, html } = await client.request('exchange.report', { runs });
        const path = absolute(out ?? name);
        if (existsSync(path) && !force) throw new CriaError('exists', `${path} exists already.`, 'Choose another place with --out, or replace it with --force.');
        writeFileAtomic(path, (append) => append(html));
        terminal.print({ path }, () => path);
      }),
    );

  program
    .command('card')
    .description('print a model\'s card: README.md with the hub\'s header, made of its lineage and scores')
    .argument('<model>', 'a name in the workspace')
    .action((model: string) =>
      terminal.withEngine(async ({ client }) => {
        terminal.print(await client.request('exchange.card', { model }), ({ text }) => text.trimEnd());
      }),
    );
}

async function importRuns(terminal: Terminal, path: string, { project, dryRun }: { project: string; dryRun?: boolean }): Promise<void> {
  await terminal.withEngine(async (connection) => {
    const { client } = connection;
    const sources = await client.request('exchange.find', { path });
    if (dryRun) {
      terminal.print(sources, () => renderTable(['run', 'from', 'file'], sources.map(({ name, tool, paths }) => [name, TOOLS[tool], paths[0]!])));
      return;
    }
    const { runIds } = await client.request('exchange.import', { sources, project });
    const imported: { id: string; name: string; steps: number; points: number }[] = [];
    const failed: string[] = [];
    for (const [i, runId] of runIds.entries()) {
      try {
        const { name, steps, points } = await terminal.finish(connection, 'imported', { runId, warnings: [] });
        imported.push({ id: runId, name, steps, points });
      } catch (error) {
        if (error instanceof CriaError && error.code === 'cancelled') throw error;
        // One spoilt run does not keep the others out.
        terminal.warn(`${sources[i]!.name}: ${(error as Error).message}`);
        failed.push(sources[i]!.name);
      }
    }
    if (!imported.length) throw new CriaError('bad-input', `None of the ${runIds.length} runs could be imported.`, 'The warnings say why.');
    terminal.print(imported, () => renderTable(['run', 'name', 'steps', 'values'], imported.map(({ id, name, steps, points }) => [id, name, formatInteger(steps), formatInteger(points)]), [false, false, true, true]));
    if (failed.length) process.exitCode = 1;
  });
}
