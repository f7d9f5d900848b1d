/** models, import, export. */
import type { Command } from 'commander';
import type { ModelRecord } from '../../shared/records.ts';
import { formatLoss, formatParameters, renderTable } from './format.ts';
import { absolute, modelReference, type Terminal } from './terminal.ts';

export function addModelCommands(program: Command, terminal: Terminal): void {
  program
    .command('models')
    .description('list the models of the workspace')
    .action(() =>
      terminal.withEngine(async ({ client }) => {
        terminal.print(await client.request('model.list', {}), describeModels);
      }),
    );

  program
    .command('import')
    .description('copy a Hugging Face model folder (safetensors) into the workspace')
    .argument('<folder>', 'folder with config.json and model.safetensors')
    .option('--name <name>', 'name in the workspace (default: the folder\'s)')
    .action((folder: string, { name }: { name?: string }) =>
      terminal.withEngine(async (connection) => {
        const started = await connection.client.request('model.import', { source: absolute(folder), name: name ?? null });
        const result = await terminal.finish(connection, 'import', started);
        terminal.print(result, () => `${result.model}: ${result.type}, ${formatParameters(result.parameters)} parameters\n${result.folder}`);
      }),
    );

  program
    .command('export')
    .description('write a model as a Hugging Face folder')
    .argument('<model>', 'a name in the workspace')
    .requiredOption('--out <folder>', 'folder to make; must not exist')
    .action((model: string, { out }: { out: string }) =>
      terminal.withEngine(async (connection) => {
        const started = await connection.client.request('model.export', { model: modelReference(model), output: absolute(out) });
        const result = await terminal.finish(connection, 'export', started);
        terminal.print(result, () => result.folder);
      }),
    );
}

function describeModels(models: ModelRecord[]): string {
  if (!models.length) return 'No models yet. `cria demo` or `cria train --config FILE` makes some, `cria import FOLDER` brings one in.';
  return renderTable(
    ['model', 'type', 'parameters', 'eval loss', 'made by', 'on'],
    models.map((model) => [
      model.name,
      model.type,
      formatParameters(model.parameters),
      formatLoss(model.evalLoss),
      model.runId ?? '–',
      new Date(model.createdAt).toLocaleString(),
    ]),
    [false, false, true, true, false, false],
  );
}
