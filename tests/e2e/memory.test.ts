/** A job without memory fails alone, says what would fit, and the queue goes on with the next. */
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterEach, expect, it, vi } from 'vitest';
import { whatWouldFit } from '../../src/main/config/fit.ts';
import { parseRunConfig } from '../../src/main/config/parseConfig.ts';
import { tokenizerJson } from '../../src/main/corpus/tokenizerFile.ts';
import { SPECIAL_TOKENS } from '../../src/main/corpus/trainTokenizer.ts';
import { temporaryFolder } from '../support/jobContext.ts';
import { ended, openEngine, writeConfig, writeCorpus } from './support.ts';

afterEach(() => vi.unstubAllEnvs());

it('fails alone, says why, and leaves the queue to the next', async () => {
  const root = temporaryFolder();
  const { client, engine } = await openEngine(root);
  try {
    writeCorpus(join(root, 'corpus'));
    await ended(client, (await client.request('tokenizer.train', { inputs: [join(root, 'corpus')], output: join(root, 'tokenizer.json'), vocabSize: 300, minFrequency: 1 })).runId);
    const start = async (name: string) => (await client.request('run.start', { configFile: writeConfig(root, name, '  max_steps: 2\n'), workingFolder: root, overrides: [], method: 'train' })).runId;
    // A heap in which not even the libraries find room.
    vi.stubEnv('NODE_OPTIONS', '--max-old-space-size=8 --max-semi-space-size=1');
    const starved = await start('starved');
    const waiting = await start('waiting');
    client.on('run.changed', ({ id, state }) => {
      if (id === starved && state === 'running') setImmediate(() => vi.unstubAllEnvs());
    });
    const run = await ended(client, starved);
    expect(run.state).toBe('failed');
    expect(run.error).toMatchObject({ code: 'out-of-memory', message: expect.stringContaining('out of memory') as string, hint: expect.stringMatching(/this machine has/) as string });
    expect((await ended(client, waiting)).state).toBe('done');
  } finally {
    await engine.close();
  }
});

it('proposes the least accumulation with which a run should fit', () => {
  const root = temporaryFolder();
  const tokenizer = join(root, 'tokenizer.json');
  writeFileSync(tokenizer, tokenizerJson({ vocab: [...SPECIAL_TOKENS, 'a'], merges: [] }, SPECIAL_TOKENS));
  const path = writeConfig(root, 'large', '');
  const { config } = parseRunConfig(readFileSync(path, 'utf8').replace('batch_size: 8', 'batch_size: 4096').replace('seq_length: 16', 'seq_length: 512').replace('tokenizer.json', tokenizer), { file: path });
  // 2 million tokens of 2,240 numbers each, of 4 bytes: 18.8 GB, and 0.5 GB for TensorFlow; a quarter of them is below 80 % of 8 GB.
  expect(whatWouldFit('train', { config }, 8e9)).toMatch(/takes about 19\.\d GB; this machine has 8\.0 GB\. With training\.gradient_accumulation_steps: 4 it takes about 5\.\d GB/);
  expect(whatWouldFit('train', { config }, 1e6)).toMatch(/smaller model/);
  expect(whatWouldFit('clean', {}, 8e9)).toMatch(/has 8\.0 GB/);
});
