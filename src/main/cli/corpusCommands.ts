/** clean, get-corpus, mix, tokenizer, encode. */
import { basename } from 'node:path';
import { Option, type Command } from 'commander';
import { CriaError } from '../../shared/errors.ts';
import { JOB_PARAMS } from '../../shared/jobs.ts';
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
    .command('get-corpus')
    .description('download a BabyLM corpus from where it is published, with resume and checksums; without a name, list them')
    .argument('[name]', 'e.g. 2024-10M')
    .option('--clean <corpus>', 'clean it into the workspace under that name as well')
    .action((name: string | undefined, options: { clean?: string }) => getCorpus(terminal, name, options));

  program
    .command('mix')
    .description('draw a training corpus from several texts by shares, within a track\'s budget of words')
    .argument('<parts...>', 'files as PATH or PATH=SHARE, e.g. fables.txt=0.2 clean/childes.train=0.8')
    .requiredOption('--name <corpus>', 'name in the workspace')
    .addOption(new Option('--track <track>', 'whose budget is kept: 10M or 100M words').choices(['strict-small', 'strict', 'none']).default('strict-small'))
    .option('--words <n>', 'fewer words than the budget', parseInteger('--words'))
    .option('--seed <n>', 'which passages are drawn follows from it', parseInteger('--seed'), 1)
    .action((parts: string[], options: MixOptions) => mixCorpus(terminal, parts, options));

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

interface MixOptions {
  name: string;
  track: 'strict-small' | 'strict' | 'none';
  words?: number;
  seed: number;
}

async function getCorpus(terminal: Terminal, name: string | undefined, { clean }: { clean?: string }): Promise<void> {
  await terminal.withEngine(async (connection) => {
    const { client } = connection;
    const sources = await client.request('corpus.sources', {});
    if (name === undefined) {
      terminal.print(sources, () => renderTable(['name', 'corpus', 'downloaded to'], sources.map((source) => [source.name, source.title, source.folder ?? '–'])));
      return;
    }
    const source = JOB_PARAMS['download-corpus'].shape.source.safeParse(name);
    if (!source.success) throw new CriaError('bad-input', `There is no corpus "${name}" to download.`, `There are ${sources.map((each) => each.name).join(', ')}.`);
    const result = await terminal.finish(connection, 'download-corpus', await client.request('corpus.download', { source: source.data }));
    if (clean === undefined) {
      terminal.print(result, ({ output, files }) => [output, ...files.map((file) => `  ${file}`)].join('\n'));
      return;
    }
    const [found] = await client.request('corpus.recognise', { folder: result.output });
    const started = await client.request('corpus.import', { source: found!.folder, name: clean, files: found!.files.map(({ path, name: file }) => ({ path, name: file })) });
    terminal.print(await terminal.finish(connection, 'clean', started), describeCleaning);
  });
}

async function mixCorpus(terminal: Terminal, given: string[], { name, track, words, seed }: MixOptions): Promise<void> {
  const parts = given.map((text) => {
    const [, path, share] = /^(.*?)(?:=([\d.]+))?$/.exec(text)!;
    const stem = basename(path!).replace(/\.(txt|train|dev)$/, '');
    return { path: absolute(path!), name: `${stem}.train`, share: share === undefined ? 1 : Number(share) };
  });
  await terminal.withEngine(async (connection) => {
    const started = await connection.client.request('corpus.mix', { name, parts, track, seed, ...(words === undefined ? {} : { words }) });
    const result = await terminal.finish(connection, 'mix', started);
    terminal.print(result, ({ output, words: total, parts: mixed }) => {
      const rows = mixed.map(({ file, words: taken, sourceWords }) => [file, formatInteger(taken), formatInteger(sourceWords), `${((100 * taken) / total).toFixed(1)} %`]);
      return `${renderTable(['file', 'words', 'of', 'share'], rows, [false, true, true, true])}\n${formatInteger(total)} words in ${output}`;
    });
  });
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
