/**
 * Training steps (AdamW, clipping) beside PyTorch with the same models, batches and threads: rounds of both in turn, in one run, medians
 * of steps. `npm run bench -- train [CASE]`, a case being llama-16M, gpt-97M or distil-58M.
 */
import { createModel } from '../src/main/models/createModel.ts';
import type { Gpt2Config, LlamaConfig, ModelConfig } from '../src/main/models/modelConfig.ts';
import { CompiledProgram } from '../src/main/tensorflow/compile/compiledProgram.ts';
import type { Precision } from '../src/main/tensorflow/program.ts';
import { createStep, distillation, languageModelling, type TrainingStep } from '../src/main/training/step.ts';
import { median, startPeer } from './peer.ts';
import type { BenchResult } from './result.ts';

const LENGTH = 128;
const ROUNDS = 4;
const STEPS_PER_ROUND = 3;
const VOCABULARY = 16_000;

const COMMON = { vocab_size: VOCABULARY, max_positions: 256, initializer_range: 0.02, bos_token_id: 1, eos_token_id: 2, pad_token_id: 0 };
const llama = (hidden_size: number, n_layer: number): LlamaConfig => ({
  ...COMMON, model_type: 'llama', hidden_size, intermediate_size: 1024, n_layer, n_head: 8, tie_word_embeddings: false, rms_norm_eps: 1e-6, rope_theta: 10_000,
});
const gpt2 = (hidden_size: number, n_layer: number, n_head: number): Gpt2Config => ({
  ...COMMON, model_type: 'gpt2', hidden_size, intermediate_size: 4 * hidden_size, n_layer, n_head, tie_word_embeddings: true, layer_norm_epsilon: 1e-5,
  resid_pdrop: 0, embd_pdrop: 0, attn_pdrop: 0,
});

interface Case {
  model: ModelConfig;
  teachers: ModelConfig[];
  sequences: number;
}

const CASES: Record<string, Case> = {
  'llama-16M': { model: llama(256, 8), teachers: [], sequences: 16 },
  'gpt-97M': { model: gpt2(768, 12, 12), teachers: [], sequences: 4 },
  'distil-58M': { model: llama(512, 16), teachers: [llama(256, 8), gpt2(256, 8, 8)], sequences: 8 },
};

/** The peer's ways that each precision of ours is held against; autocast is PyTorch's bfloat16. */
const PEERS: Partial<Record<Precision, string[]>> = { float32: ['torch eager', 'torch.compile'], bfloat16: ['torch.compile, autocast'] };

export async function benchTrain(python: string | undefined, only?: string): Promise<BenchResult[]> {
  const results: BenchResult[] = [];
  for (const [name, kase] of Object.entries(CASES)) {
    if (only && only !== name) continue;
    for (const precision of ['float32', 'bfloat16'] as const) {
      for (const way of python ? PEERS[precision]! : [null]) results.push(...(await besideOne(name, kase, precision, python, way)));
    }
  }
  return results;
}

async function besideOne(name: string, kase: Case, precision: Precision, python: string | undefined, way: string | null): Promise<BenchResult[]> {
  process.stderr.write(`${name}, ${precision}${way ? `, beside ${way}` : ''}\n`);
  const peer = way && python ? await startPeer(python, 'train.py', [way, JSON.stringify({ ...kase, length: LENGTH })]) : null;
  const program = new CompiledProgram({ precision });
  const model = createModel(kase.model, { seed: 1, program });
  const step = stepOf(kase, model, program);
  const ids = Int32Array.from({ length: kase.sequences * LENGTH }, (_, i) => 3 + ((i * 7919) % (VOCABULARY - 3)));
  let number = 0;
  const ourStep = () => {
    const started = performance.now();
    step.run({ ids, sequences: kase.sequences, length: LENGTH, accumulationSteps: 1 }, { learningRate: 1e-4, step: ++number, dropoutSeed: number });
    return performance.now() - started;
  };
  const first = ourStep();
  ourStep();
  const ours: number[] = [];
  const theirs: number[] = [];
  for (let round = 0; round < ROUNDS; round++) {
    for (let i = 0; i < STEPS_PER_ROUND; i++) ours.push(ourStep());
    if (peer) theirs.push(...((await peer.ask(String(STEPS_PER_ROUND))) as number[]));
  }
  await peer?.stop();
  program.dispose();
  const ms = median(ours);
  const label = `${name} ${kase.sequences} x ${LENGTH}`;
  return [
    { case: label, precision, ours: (kase.sequences * LENGTH * 1000) / ms, unit: 'tokens/s', peer: peer ? way : null, ratio: peer ? median(theirs) / ms : null },
    { case: `${label}: first step`, precision, ours: first / 1000, unit: 's', peer: null, ratio: null },
  ];
}

function stepOf({ teachers }: Case, model: ReturnType<typeof createModel>, program: CompiledProgram): TrainingStep {
  const models = teachers.map((config, i) => createModel(config, { seed: 2 + i, program, half: true }));
  const loss = models.length
    ? distillation(models, { alpha: 0.5, temperature: 2, kl_reduction: 'batchmean', ensemble: 'logits', teacher_weights: null })
    : languageModelling;
  return createStep(model, loss, { weightDecay: 0.1, maxGradNorm: 1 });
}
