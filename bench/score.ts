/**
 * Scoring speed: sentences a second of a Llama of the recipe's 16M shape with random weights, beside transformers on the same sequences,
 * in batches and one at a time (as the pipeline's own command line has it). Rounds alternate, so that a busy moment hits both.
 */
import { existsSync, readdirSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { loadTokenizer } from '../src/main/corpus/tokenizer.ts';
import { encodeSentence } from '../src/main/evaluation/encode.ts';
import { readPairs } from '../src/main/evaluation/pairs.ts';
import { scoreSequences, type ScoredSequence } from '../src/main/evaluation/score.ts';
import { toConfigJson } from '../src/main/models/configJson.ts';
import { createModel } from '../src/main/models/createModel.ts';
import { CompiledProgram } from '../src/main/tensorflow/compile/compiledProgram.ts';
import type { LlamaConfig } from '../src/main/models/modelConfig.ts';
import { median, startPeer } from './peer.ts';
import type { BenchResult } from './result.ts';

export interface ScoreBenchOptions {
  /** Python with torch and transformers; undefined: only ours is measured. Default: CRIA_BENCH_PYTHON. */
  python?: string | undefined;
  /** Whole paradigms, spread over BLiMP: what a paradigm's sentences share is part of the matter. */
  paradigms?: number;
  /** Each measures everything once; the median counts. The peer's slow way, one sentence at a time, is measured in the first alone. */
  rounds?: number;
}

const CONFIG: LlamaConfig = {
  model_type: 'llama', vocab_size: 16_000, max_positions: 256, hidden_size: 256, intermediate_size: 1024, n_layer: 8, n_head: 8,
  tie_word_embeddings: false, initializer_range: 0.02, bos_token_id: 1, eos_token_id: 2, pad_token_id: 0, rms_norm_eps: 1e-6, rope_theta: 10_000,
};
const PEER_BATCH = 64;

export async function benchScore(options: ScoreBenchOptions = {}): Promise<BenchResult[]> {
  const { python = process.env.CRIA_BENCH_PYTHON, paradigms = 4, rounds = Number(process.env.R ?? 3) } = options;
  const { files, source } = (await blimpSequences(paradigms)) ?? { files: Array.from({ length: paradigms }, () => madeUpSequences(500)), source: 'made-up pairs' };
  const sequences = files.flat();
  const program = new CompiledProgram();
  const model = createModel(CONFIG, { seed: 1, program });
  const setup = { config: toConfigJson(CONFIG), sequences: sequences.map(({ ids }) => Array.from(ids)), batch: PEER_BATCH };
  const peer = python ? await startPeer(python, 'score.py', [], JSON.stringify(setup)) : null;
  const ask = async (way: 'batched' | 'batch1'): Promise<number> => ((await peer!.ask(way)) as { seconds: number }).seconds;
  const seconds = { ours: [] as number[], batched: [] as number[], batch1: [] as number[] };
  try {
    await scoreSequences(model, files[0]!); // Records the graphs, and uses every kernel.
    for (let round = 0; round < rounds; round++) {
      const start = performance.now();
      for (const file of files) await scoreSequences(model, file);
      seconds.ours.push((performance.now() - start) / 1000);
      if (peer) {
        seconds.batched.push(await ask('batched'));
        if (round === 0) seconds.batch1.push(await ask('batch1'));
      }
    }
  } finally {
    await peer?.stop();
    model.dispose();
    program.dispose();
  }
  const speed = (times: number[]): number => sequences.length / median(times);
  const ours = speed(seconds.ours);
  const result = (name: string | null, times: number[]): BenchResult => ({
    case: `score llama-16M, ${sequences.length / 2} ${source}`, precision: 'float32', ours, peer: name, ratio: name === null ? null : ours / speed(times), unit: 'sentences/s',
  });
  if (!peer) return [result(null, [])];
  return [result(`transformers, batches of ${PEER_BATCH} by length`, seconds.batched), result('transformers, one sentence at a time', seconds.batch1)];
}

/** The pairs of some of BLiMP's paradigms in the recipe's own tokenizer, by paradigm; null without the reference data. */
async function blimpSequences(paradigms: number): Promise<{ files: ScoredSequence[][]; source: string } | null> {
  const shared = resolve(import.meta.dirname, '../../shared/data');
  const [folder, vocabulary] = [join(shared, 'blimp_filtered'), join(shared, 'tokenizers', 'gpt-clean-16000.json')];
  if (!existsSync(folder) || !existsSync(vocabulary)) return null;
  const tokenizer = await loadTokenizer(vocabulary);
  const names = readdirSync(folder).filter((file) => file.endsWith('.jsonl')).sort();
  const files: ScoredSequence[][] = [];
  for (let i = 0; i < paradigms; i++) {
    const sequences: ScoredSequence[] = [];
    for await (const { good, bad } of readPairs(join(folder, names[Math.floor(((i + 0.5) * names.length) / paradigms)]!))) {
      sequences.push(encodeSentence(tokenizer, CONFIG.bos_token_id, good), encodeSentence(tokenizer, CONFIG.bos_token_id, bad));
    }
    files.push(sequences);
  }
  return { files, source: 'BLiMP pairs' };
}

/** Pairs that differ in one token, of about BLiMP's lengths (5 to 22 tokens), always the same. */
function madeUpSequences(pairs: number): ScoredSequence[] {
  let state = 12_345;
  const below = (limit: number): number => {
    state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0;
    return Math.floor((state / 2 ** 32) * limit);
  };
  return Array.from({ length: pairs }, () => {
    const length = 5 + below(10) + below(9);
    const good = [CONFIG.bos_token_id, ...Array.from({ length }, () => 3 + below(CONFIG.vocab_size - 3))];
    const bad = [...good];
    bad[1 + below(length)] = 3 + below(CONFIG.vocab_size - 3);
    return [good, bad].map((ids): ScoredSequence => ({ ids, scoredFrom: 1 }));
  }).flat();
}
