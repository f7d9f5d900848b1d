/** clean, tokenizer, encode. */
import type { Command } from 'commander';
import { CriaError } from '../../shared/errors.ts';
import type { CleanResult } from '../../shared/results.ts';
import { formatInteger, renderTable } from './format.ts';
import { absolute, parseInteger, type Terminal } from './terminal.ts';

export function addCorpusCommands(program: Command, terminal: Terminal): void {
  program
    .command('clean')
    .description('clean a folder of BabyLM text, domain by domain')
    .argument('<folder>', 'folder with <domain>.train and <domain>.dev files')
    .requiredOption('--out <folder>', 'where the cleaned files go')
    .action((input: string, { out }: { out: string }) =>
      terminal.withEngine(async (connection) => {
        const started = await connection.client.request('corpus.clean', { input: absolute(input), output: absolute(out) });
        terminal.print(await terminal.finish(connection, 'clean', started), describeCleaning);
      }),
    );

  program
    .command('tokenizer')
    .description('train a byte-level BPE tokenizer')
    .argument('<inputs...>', 'folders (their .train files, read as they are) or text files')
    .requiredOption('--out <file>', 'where tokenizer.json goes')
    .option('--vocab-size <n>', 'tokens in the vocabulary', parseInteger('--vocab-size'), 16_000)
    .option('--min-frequency <n>', 'how often a pair has to occur to be merged', parseInteger('--min-frequency'), 2)
    .action((inputs: string[], options: { out: string; vocabSize: number; minFrequency: number }) =>
      terminal.withEngine(async (connection) => {
        const started = await connection.client.request('tokenizer.train', {
          inputs: inputs.map(absolute),
          output: absolute(options.out),
          vocabSize: options.vocabSize,
          minFrequency: options.minFrequency,
        });
        const result = await terminal.finish(connection, 'tokenizer', started);
        terminal.print(result, () => `${result.output}\n${formatInteger(result.vocabSize)} tokens, ${formatInteger(result.merges)} merges, from ${result.trainedOn.length} files`);
      }),
    );

  program
    .command('encode')
    .description('encode one file, in one call, into little-endian token ids (uint16; uint32 for vocabularies above 65,536)')
    .argument('<file>', 'UTF-8 text')
    .requiredOption('--tokenizer <file>', 'a Hugging Face tokenizer.json')
    .requiredOption('--out <file>', 'where the ids go')
    .option('--add-prefix-space', 'put a space before the text')
    .option('--no-add-prefix-space', 'put none (as training and evaluation do)')
    .action((file: string, options: { tokenizer: string; out: string; addPrefixSpace?: boolean }) =>
      terminal.withEngine(async (connection) => {
        const started = await connection.client.request('corpus.encode', {
          input: absolute(file),
          tokenizer: absolute(options.tokenizer),
          addPrefixSpace: options.addPrefixSpace ?? null,
          output: absolute(options.out),
        });
        const result = await terminal.finish(connection, 'encode', started);
        terminal.print(result, () => `${result.output}\n${formatInteger(result.tokens)} tokens, ${result.bytesPerToken} bytes each`);
      }),
    );
}

function describeCleaning(result: CleanResult): string {
  if (!result.files.length) throw new CriaError('internal', 'Nothing was cleaned.');
  const rows = result.files.map((file) => [
    file.file,
    file.domain ?? 'unknown: unchanged',
    formatInteger(file.codePointsBefore),
    formatInteger(file.codePointsAfter),
    formatInteger(file.words),
    file.rules.filter((rule) => rule.changes > 0).map((rule) => `${rule.rule}: ${formatInteger(rule.changes)}`).join(', ') || 'none',
  ]);
  const table = renderTable(['file', 'domain', 'before', 'after', 'words', 'changes'], rows, [false, false, true, true, true, false]);
  return `${table}\nSizes are Unicode code points. Written to ${result.output}`;
}
