/**
 * Fine-tuning steps of a llama-5M classifier on batches of 64, all weights and LoRA, against the loop that transformers' Trainer runs (and peft):
 * same shapes and threads, rounds of both in turn, in one run, medians of steps. Long inputs fill the 128 positions; short ones have 30
 * tokens, which the pipeline pads to 128 and Cria to 32.
 */
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { makeBatch } from '../src/main/finetuning/batches.ts';
import { ClassifierProgram } from '../src/main/finetuning/classifierProgram.ts';
import { createModel } from '../src/main/models/createModel.ts';
import type { LlamaConfig } from '../src/main/models/modelConfig.ts';
import { saveModelFolder } from '../src/main/models/saveModel.ts';
import { FINETUNING_METHODS, finetuningOptions, type FinetuningMethod } from '../src/shared/finetuning.ts';
import { median, startPeer } from './peer.ts';
import type { BenchResult } from './result.ts';

const ROWS = 64;
const MAX_LENGTH = 128;
const ROUNDS = 3;
const STEPS_PER_ROUND = 2;
const LENGTHS = { long: 128, short: 30 } as const;

/** As config/small/llama-5M.yaml. */
const CONFIG: LlamaConfig = {
  model_type: 'llama', vocab_size: 8000, max_positions: 256, hidden_size: 192, intermediate_size: 512, n_layer: 4, n_head: 6, tie_word_embeddings: false,
  initializer_range: 0.02, bos_token_id: 1, eos_token_id: 2, pad_token_id: 0, rms_norm_eps: 1e-6, rope_theta: 10_000,
};

export async function benchFinetune(python: string | undefined): Promise<BenchResult[]> {
  const folder = mkdtempSync(join(tmpdir(), 'cria-bench-'));
  try {
    const model = createModel(CONFIG, { seed: 1 });
    await saveModelFolder(join(folder, 'model'), { config: CONFIG, tokenizerPath: null, values: (name) => model.program.read(model.parameters.get(name)!) });
    model.dispose();
    const results: BenchResult[] = [];
    for (const method of FINETUNING_METHODS) results.push(...(await benchMethod(join(folder, 'model'), method, python)));
    return results;
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

async function benchMethod(folder: string, method: FinetuningMethod, python: string | undefined): Promise<BenchResult[]> {
  const program = new ClassifierProgram(folder, 2, finetuningOptions(method));
  const results: BenchResult[] = [];
  let step = 0;
  for (const [name, length] of Object.entries(LENGTHS)) {
    const examples = Array.from({ length: ROWS }, (_, row) => ({ ids: Int32Array.from({ length }, (_id, i) => 3 + (((row * length + i) * 7919) % 7997)), label: row % 2 }));
    const batch = makeBatch(examples, { rows: ROWS, padId: 0, maxLength: MAX_LENGTH });
    const ourStep = () => {
      const started = performance.now();
      program.train(batch, { learningRate: 5e-5, step: ++step, dropoutSeed: step });
      return performance.now() - started;
    };
    process.stderr.write(`llama-5M, ${method}, ${name}\n`);
    ourStep();
    ourStep();
    const peer = python ? await startPeer(python, 'finetune.py', [method, String(length)]) : null;
    const [ours, theirs]: [number[], number[]] = [[], []];
    for (let round = 0; round < ROUNDS; round++) {
      for (let i = 0; i < STEPS_PER_ROUND; i++) ours.push(ourStep());
      if (peer) theirs.push(...((await peer.ask(String(STEPS_PER_ROUND))) as number[]));
    }
    await peer?.stop();
    const ms = median(ours);
    results.push({
      case: `fine-tuning llama-5M, ${method === 'all' ? 'all weights' : 'LoRA'}, ${ROWS} x ${length} tokens`, precision: 'float32', ours: 1000 / ms, unit: 'steps/s',
      peer: peer ? 'transformers' : null, ratio: peer ? median(theirs) / ms : null,
    });
  }
  program.dispose();
  return results;
}
