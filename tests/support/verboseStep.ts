/** Two compiled steps of each architecture, in float32 and bfloat16, for whoever reads oneDNN's verbose log. */
import { createModel } from '../../src/main/models/createModel.ts';
import { CompiledProgram } from '../../src/main/tensorflow/compile/compiledProgram.ts';
import { createStep, languageModelling } from '../../src/main/training/step.ts';
import { ARCHITECTURES, TINY_CONFIGS } from './tinyModels.ts';

const LENGTH = 32;

for (const precision of ['float32', 'bfloat16'] as const) {
  for (const type of ARCHITECTURES) {
    const program = new CompiledProgram({ precision });
    const model = createModel({ ...TINY_CONFIGS[type], hidden_size: 64, intermediate_size: 256, vocab_size: 512 }, { seed: 1, program });
    const step = createStep(model, languageModelling, { weightDecay: 0, maxGradNorm: 1 });
    const ids = Int32Array.from({ length: 4 * LENGTH }, (_, i) => 3 + ((i * 31) % 500));
    for (let number = 1; number <= 2; number++) step.run({ ids, sequences: 4, length: LENGTH, accumulationSteps: 1 }, { learningRate: 1e-3, step: number, dropoutSeed: 1 });
    program.dispose();
  }
}
