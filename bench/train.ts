/**
 * Training steps of llama-16M at 16 x 128 (float32, AdamW, clipping), ours against PyTorch with the same shapes and threads: rounds of both
 * in turn, in one run, medians of steps.
 */
import { createModel } from '../src/main/models/createModel.ts';
import type { LlamaConfig } from '../src/main/models/modelConfig.ts';
import { createStep, languageModelling } from '../src/main/training/step.ts';
import { median, startPeer } from './peer.ts';
import type { BenchResult } from './result.ts';

const BATCH = 16;
const LENGTH = 128;
const ROUNDS = 3;
const STEPS_PER_ROUND = 3;

const CONFIG: LlamaConfig = {
  model_type: 'llama', vocab_size: 16_000, max_positions: 256, hidden_size: 256, intermediate_size: 1024, n_layer: 8, n_head: 8, tie_word_embeddings: false,
  initializer_range: 0.02, bos_token_id: 1, eos_token_id: 2, pad_token_id: 0, rms_norm_eps: 1e-6, rope_theta: 10_000,
};

export async function benchTrain(python: string | undefined): Promise<BenchResult[]> {
  const model = createModel(CONFIG, { seed: 1 });
  const step = createStep(model, languageModelling, { weightDecay: 0.1, maxGradNorm: 1 });
  const ids = Int32Array.from({ length: BATCH * LENGTH }, (_, i) => 3 + ((i * 7919) % 15_997));
  let number = 0;
  const ourStep = () => {
    const started = performance.now();
    step.run({ ids, sequences: BATCH, length: LENGTH, accumulationSteps: 1 }, { learningRate: 1e-4, step: ++number, dropoutSeed: number });
    return performance.now() - started;
  };
  ourStep();
  const results: BenchResult[] = [];
  const ways = python ? ['torch eager', 'torch.compile'] : [null];
  for (const way of ways) {
    process.stderr.write(`llama-16M${way ? ` beside ${way}` : ''}\n`);
    const peer = way && python ? await startPeer(python, 'train.py', [way]) : null;
    const ours: number[] = [];
    const theirs: number[] = [];
    for (let round = 0; round < ROUNDS; round++) {
      for (let i = 0; i < STEPS_PER_ROUND; i++) ours.push(ourStep());
      if (peer) theirs.push(...((await peer.ask(String(STEPS_PER_ROUND))) as number[]));
    }
    await peer?.stop();
    const ms = median(ours);
    results.push({ case: 'llama-16M 16 x 128, eager', precision: 'float32', ours: (BATCH * LENGTH * 1000) / ms, unit: 'tokens/s', peer: peer ? way : null, ratio: peer ? median(theirs) / ms : null });
  }
  results.push({ case: 'llama-16M 16 x 128, eager: peak memory', precision: 'float32', ours: process.resourceUsage().maxRSS / 1e6, unit: 'GB', peer: null, ratio: null });
  model.dispose();
  return results;
}
