/** Files from outside: configs, pairs, tokenizers, models, corpora, and what lies in a run's folder. */
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import fc from 'fast-check';
import { checkConfigText } from '../../src/main/config/checkText.ts';
import { estimateRun } from '../../src/main/config/estimate.ts';
import { parseRunConfig } from '../../src/main/config/parseConfig.ts';
import { cleanFile } from '../../src/main/corpus/clean.ts';
import { KNOWN_DOMAINS, domainOf } from '../../src/main/corpus/domains.ts';
import { encodeTextFile } from '../../src/main/corpus/encode.ts';
import { TokenFile, buildTokenFile, readSources } from '../../src/main/corpus/tokenFile.ts';
import { loadTokenizer } from '../../src/main/corpus/tokenizer.ts';
import { tokenizerJson } from '../../src/main/corpus/tokenizerFile.ts';
import { readOutcome, writeOutcome } from '../../src/main/evaluation/outcomeFiles.ts';
import { loadPairs } from '../../src/main/evaluation/pairs.ts';
import { readModelConfig, toConfigJson } from '../../src/main/models/configJson.ts';
import { countParameters, parameterShapes } from '../../src/main/models/parameterShapes.ts';
import { SafetensorsFile, writeSafetensors, type TensorSource } from '../../src/main/models/safetensors.ts';
import { WeightFiles } from '../../src/main/models/weightFiles.ts';
import { METRIC_FILE } from '../../src/main/queue/jobMessages.ts';
import { readWorkspaceLock } from '../../src/main/store/lock.ts';
import { Store } from '../../src/main/store/store.ts';
import { listCheckpoints, readSamples, SAMPLE_FILE } from '../../src/main/training/runFiles.ts';
import { Workspace } from '../../src/main/workspace.ts';
import { TINY_SHAPES } from './seeds.ts';
import { spoiltBytes, spoiltJson } from './mutate.ts';
import { takes, type MakeTarget } from './target.ts';

const ROOT = join(import.meta.dirname, '../..');
const bytesOf = (value: unknown) => Buffer.from(JSON.stringify(value));
/** JSON spoilt in its values, or in its bytes. */
const spoiltJsonText = (seeds: readonly unknown[], dictionary: readonly string[] = []) =>
  fc.oneof(spoiltJson(seeds).map((value) => Buffer.from(JSON.stringify(value) ?? 'undefined')), spoiltBytes(seeds.map(bytesOf), dictionary));

const config: MakeTarget = (folder) => {
  const workspace = new Workspace(join(folder, 'workspace'));
  const store = Store.open(workspace.database);
  writeFileSync(join(folder, 'tokenizer.json'), SMALL_TOKENIZER);
  mkdirSync(join(folder, 'corpus'));
  writeFileSync(join(folder, 'corpus', 'x.train'), 'text\n');
  const paths = (text: string) => text.replace(/(tokenizer_path): .*/, '$1: tokenizer.json').replace(/(train_path|eval_path): .*/g, '$1: corpus');
  const seeds = ['gpt-97M.yaml', 'distil-58M.yaml', 'llama-16M.yaml', 'small/distil-5M.yaml'].map((file) => Buffer.from(paths(readFileSync(join(ROOT, 'config', file), 'utf8'))));
  const dictionary = ['&a ', '*a', '<<: *a', '!!binary x', '!!js/function x', '? ', '- ', '{', '}', '[', '|', '>', '---\n', '%YAML 1.1\n', '1e999', '0x7fffffffffffffff', 'n_layer: 1000000000\n', 'hidden_size: 1000000000\n', '.nan', 'null', '"\\u0000"'];
  return {
    name: 'config.yaml',
    inputs: spoiltBytes(seeds, dictionary),
    close: () => store.close(),
    async run(input) {
      const text = Buffer.from(input as Uint8Array).toString('utf8');
      await takes(() => parseRunConfig(text, { file: 'config.yaml', overrides: [['training.lr', text.slice(0, 50)]] }));
      return takes(() => {
        const checked = checkConfigText(text, { file: 'config.yaml', searchFolders: [folder] });
        if (checked.config) estimateRun(checked.config, { workspace, store, searchFolders: [folder] });
        parseRunConfig(text, { file: 'config.yaml' });
      });
    },
  };
};

const pairs: MakeTarget = (folder) => {
  const path = join(folder, 'pairs.jsonl');
  const line = JSON.stringify({ sentence_good: 'The lamb sleeps.', sentence_bad: 'The lamb sleep.', linguistics_term: 'agreement', UID: 'x' });
  return {
    name: 'pairs.jsonl',
    inputs: spoiltBytes([Buffer.from(`${line}\n${line}\n`), Buffer.from(`${line}\r\n\n${line}`)], ['"sentence_good": 1', '{}', '[]', '\ufeff', '\n']),
    run(input) {
      writeFileSync(path, input as Uint8Array);
      return takes(() => loadPairs(path));
    },
  };
};

const SMALL_TOKENIZER = tokenizerJson({ vocab: ['<pad>', '<s>', '</s>', 'a', 'b', 'Ġ', 'ab', 'Ġab'], merges: [['a', 'b'], ['Ġ', 'ab']] }, ['<pad>', '<s>', '</s>']);
const TOKENIZERS = [
  JSON.parse(SMALL_TOKENIZER) as Record<string, unknown>,
  // One that the library has to cut for: another pre-tokenizer and normaliser.
  { ...(JSON.parse(SMALL_TOKENIZER) as object), normalizer: null, pre_tokenizer: { type: 'Sequence', pretokenizers: [{ type: 'Split', pattern: { Regex: '\\s+' }, behavior: 'Isolated', invert: false }, { type: 'ByteLevel', add_prefix_space: true, trim_offsets: true, use_regex: false }] } },
];

const tokenizer: MakeTarget = (folder) => {
  const path = join(folder, 'tokenizer.json');
  return {
    name: 'tokenizer.json',
    inputs: spoiltJsonText(TOKENIZERS, ['"__proto__": 3', '"normalized": true', '"type": "BPE"', '"ignore_merges": true', '(a+)+$', 'NFKC', 'Lowercase']),
    run(input) {
      writeFileSync(path, input as Uint8Array);
      return takes(async () => {
        const loaded = await loadTokenizer(path);
        const ids = loaded.encode(' ab </s>é \ud800 aaab\n');
        if (ids.some((id) => !Number.isInteger(id) || id < 0 || id >= loaded.vocabSize)) throw new Error(`ids beyond the vocabulary: ${String(ids)}`);
        loaded.decode([...ids, -1, 1e9]);
      });
    },
  };
};

function seedTensors(): Map<string, TensorSource> {
  return new Map([['a', { shape: [2, 3], values: () => new Float32Array(6).fill(1.5) }], ['b', { shape: [], values: () => new Float32Array([2]) }], ['c', { shape: [0, 4], values: () => new Float32Array(0) }]]);
}

const safetensors: MakeTarget = (folder) => {
  const path = join(folder, 'x.safetensors');
  writeSafetensors(path, seedTensors());
  const half = Buffer.from(JSON.stringify({ h: { dtype: 'F16', shape: [2], data_offsets: [0, 4] }, g: { dtype: 'BF16', shape: [1], data_offsets: [4, 6] }, d: { dtype: 'F64', shape: [1], data_offsets: [6, 14] } }));
  const length = Buffer.alloc(8);
  length.writeBigUInt64LE(BigInt(half.length));
  const seeds = [readFileSync(path), Buffer.concat([length, half, Buffer.alloc(14, 7)])];
  return {
    name: 'model.safetensors',
    inputs: spoiltBytes(seeds, ['"dtype":"F32"', '"shape":[9007199254740993]', '"data_offsets":[0,1e30]', '"__metadata__":{"a":1}', '"__proto__":{"dtype":"F32","shape":[],"data_offsets":[0,4]}']),
    run(input) {
      writeFileSync(path, input as Uint8Array);
      return takes(() => {
        const file = new SafetensorsFile(path);
        try {
          for (const [name, { dtype }] of file.tensors) if (/^(F|BF)/.test(dtype)) file.readFloats(name);
        } finally {
          file.close();
        }
      });
    },
  };
};

const modelConfig: MakeTarget = (folder) => ({
  name: 'config.json',
  inputs: spoiltJsonText(TINY_SHAPES.map(toConfigJson), ['"num_key_value_heads": 1', '"num_hidden_layers": 16777216', '"rope_scaling": {}']),
  run(input) {
    writeFileSync(join(folder, 'config.json'), input as Uint8Array);
    return takes(() => {
      const parsed = readModelConfig(folder);
      countParameters(parsed);
      toConfigJson(parsed);
    });
  },
});

/** A whole folder: the weights against the config, in one file or in shards. */
const modelFolder: MakeTarget = (folder) => {
  const shape = TINY_SHAPES[0]!;
  const tensors = new Map([...parameterShapes(shape)].map(([name, extents]) => [name, { shape: extents, values: () => new Float32Array(extents.reduce((a, b) => a * b, 1)) } satisfies TensorSource]));
  writeSafetensors(join(folder, 'shard-1.safetensors'), tensors);
  const index = { metadata: { total_size: 1 }, weight_map: Object.fromEntries([...tensors.keys()].map((name) => [name, 'shard-1.safetensors'])) };
  return {
    name: 'model.safetensors.index.json',
    inputs: spoiltJsonText([index], ['"../x.safetensors"', '"/etc/passwd"', '"shard-2.safetensors"', '"."']),
    run(input) {
      writeFileSync(join(folder, 'model.safetensors.index.json'), input as Uint8Array);
      return takes(() => new WeightFiles(folder, shape).close());
    },
  };
};

const corpus: MakeTarget = async (folder) => {
  writeFileSync(join(folder, 'tokenizer.json'), SMALL_TOKENIZER);
  const loaded = await loadTokenizer(join(folder, 'tokenizer.json'));
  const domains = [null, ...KNOWN_DOMAINS.map(domainOf)];
  const texts = ['Hello there .\n\n= = Head = =\n*CHI:\tgo .\n', '00:01:02,000 --> 00:01:03,000\nSubtitles by\nwww.x.org\n', 'A  b\r\nC\rd ,\n\u2028é𝔘\n'];
  return {
    name: 'corpus text',
    inputs: fc.tuple(fc.nat(domains.length - 1), spoiltBytes(texts.map((text) => Buffer.from(text)), ['\r', '\r\n', '\u0085', '= = =', "' s", '_!_', '</s>'])),
    run(input) {
      const [domain, bytes] = input as [number, Uint8Array];
      const [source, target] = [join(folder, 'in.train'), join(folder, 'out.train')];
      writeFileSync(source, bytes);
      return takes(async () => {
        await cleanFile(source, target, domains[domain] ?? null);
        for await (const ids of encodeTextFile(source, loaded)) if (ids.some((id) => id >= loaded.vocabSize)) throw new Error('an id beyond the vocabulary');
      });
    },
  };
};

const tokenFile: MakeTarget = async (folder) => {
  writeFileSync(join(folder, 'tokenizer.json'), SMALL_TOKENIZER);
  writeFileSync(join(folder, 'x.train'), 'ab ab ab');
  const path = join(folder, 'x.tokens');
  const context = { signal: new AbortController().signal, folder, progress: () => {}, log: () => {}, metric: () => {}, report: () => {} };
  await buildTokenFile({ files: [join(folder, 'x.train')], tokenizer: await loadTokenizer(join(folder, 'tokenizer.json')), output: path }, context);
  return {
    name: 'token file',
    inputs: spoiltBytes([readFileSync(path)]),
    run(input) {
      writeFileSync(path, input as Uint8Array);
      return takes(() => {
        const file = new TokenFile(path);
        try {
          file.verify();
          readSources(path);
        } finally {
          file.close();
        }
      });
    },
  };
};

/** What a crash or another hand may leave in a run's folder, as the engine reads it. */
const runFolder: MakeTarget = (folder) => {
  const store = Store.open(join(folder, 'cria.db'));
  const { id } = store.createRun({ kind: 'train', name: 'x', params: {}, project: '' });
  const checkpoint = join(folder, 'checkpoints', 'step-000000005');
  mkdirSync(checkpoint, { recursive: true });
  const place = { runFolder: folder, model: 'm', step: null, suite: 's' };
  const head = { subtask: 't', phenomenon: null, metric: 'accuracy' } as const;
  writeOutcome(place, 'ab'.repeat(32), { kind: 'choice', subtask: 't', phenomenon: null, logprobs: new Float64Array([1, 2]) });
  const scores = join(folder, 'scores', 'm', 's', 't.f64');
  const files: [string, Uint8Array][] = [
    [METRIC_FILE, Buffer.from('{"step":1,"tokens":3,"values":{"train/loss":1.5,"x":"NaN"}}\n{"step":2,"values":{"train/loss":1}}\n')],
    [SAMPLE_FILE, Buffer.from('{"step":1,"prompt":"a","text":"b"}\n')],
    [join('checkpoints', 'step-000000005', 'state.json'), Buffer.from('{"format":"cria-checkpoint","version":1,"step":5,"best":{"step":5,"evalLossNats":1}}')],
    [join('checkpoints', 'step-000000005', 'complete.json'), Buffer.from('{"state.json": 1}')],
    [join('scores', 'm', 's', 't.f64'), readFileSync(scores)],
    ['engine.lock', Buffer.from('{"pid":1,"startTime":"1","host":"x","since":1,"socket":null}')],
  ];
  const dictionary = ['"step":1e308', '"values":null', '"values":[1]', '"values":{"__proto__":1}', '\n', '"step":-1', '"Infinity"'];
  return {
    name: 'run folder',
    inputs: fc.nat(files.length - 1).chain((which) => fc.tuple(fc.constant(which), spoiltBytes([files[which]![1]], dictionary))),
    close: () => store.close(),
    run(input) {
      const [which, bytes] = input as [number, Uint8Array];
      writeFileSync(join(folder, files[which]![0]), bytes);
      return takes(() => {
        store.takeInMetricFile(id, join(folder, METRIC_FILE));
        for (const { steps, values } of store.metricSeries(id, ['train/loss'], { maxPoints: 10 })) if (steps.length !== values.length) throw new Error('steps without values');
        store.getSummary(id);
        readSamples(folder);
        listCheckpoints(folder);
        readOutcome(place, 'choice', head, null);
        readWorkspaceLock(folder);
      });
    },
  };
};

export const FILE_TARGETS: readonly MakeTarget[] = [config, pairs, tokenizer, safetensors, modelConfig, modelFolder, corpus, tokenFile, runFolder];
