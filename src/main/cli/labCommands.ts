/** surprisal. */
import type { Command } from 'commander';
import type { InspectResult } from '../../shared/results.ts';
import { describeWords, surprisalBits } from '../../shared/surprisal.ts';
import { renderTable } from './format.ts';
import { modelReference, type Terminal } from './terminal.ts';

export function addLabCommands(program: Command, terminal: Terminal): void {
  program
    .command('surprisal')
    .description('how surprised models are by each word of a text, in bits')
    .argument('<text>', 'a sentence')
    .requiredOption('-m, --models <models...>', 'names in the workspace, or Hugging Face folders')
    .action((text: string, { models }: { models: string[] }) =>
      terminal.withEngine(async (connection) => {
        const started = await connection.client.request('lab.inspect', { models: models.map(modelReference), text });
        terminal.print(await terminal.finish(connection, 'inspect', started), describe);
      }),
    );
}

function describe({ text, models }: InspectResult): string {
  const words = describeWords(text, models);
  const rows = words.map((word) => [word.text, ...word.tokens.map((tokens) => surprisalBits(tokens).toFixed(2))]);
  rows.push(['whole text', ...models.map(({ tokens }) => surprisalBits(tokens).toFixed(2))]);
  return renderTable(['bits', ...models.map(({ name }) => name)], rows, [false, ...models.map(() => true)]);
}
