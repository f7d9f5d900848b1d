/** Models whose weights come from a formula, so that a Python script builds the same ones (tests/oracles/make_*.py). */
import { Gpt2 } from '../../src/main/models/gpt2.ts';
import { GptJ } from '../../src/main/models/gptj.ts';
import type { LanguageModel } from '../../src/main/models/languageModel.ts';
import { Llama } from '../../src/main/models/llama.ts';
import type { Program } from '../../src/main/tensorflow/program.ts';
import type { Variable } from '../../src/main/tensorflow/tf.ts';

export type FormulaModel = 'llama' | 'gpt2' | 'gptj';

/** Names and shapes in Hugging Face's order, as an oracle lists them. */
export type ParameterList = [string, number[]][];

export interface Formula {
  amplitude: number;
  shift?: number;
}

function weights(program: Program, parameters: ParameterList, { amplitude, shift = 0 }: Formula): Map<string, Variable> {
  return new Map(parameters.map(([name, shape], p) => {
    const isNorm = (name.includes('norm') || name.includes('.ln_')) && name.endsWith('weight');
    const size = shape.reduce((product, axis) => product * axis, 1);
    const values = Float32Array.from({ length: size }, (_, i) => amplitude * Math.sin(1.3 * p + 0.7 * i + shift) + (isNorm ? 1 : 0));
    return [name, program.variable(shape, () => values)];
  }));
}

/** Two layers of two heads, width 16; without dropout. */
export function formulaModel(program: Program, type: FormulaModel, { vocabulary, positions }: { vocabulary: number; positions: number }, parameters: ParameterList, formula: Formula): LanguageModel {
  const common = {
    vocab_size: vocabulary, max_positions: positions, hidden_size: 16, n_layer: 2, n_head: 2, initializer_range: 0.02,
    bos_token_id: 1, eos_token_id: 2, pad_token_id: 0,
  };
  const dropout = { resid_pdrop: 0, embd_pdrop: 0, attn_pdrop: 0 };
  const rest = { program, parameters: weights(program, parameters, formula), release: () => {} };
  switch (type) {
    case 'llama':
      return new Llama({ ...rest, config: { ...common, model_type: 'llama', intermediate_size: 24, tie_word_embeddings: false, rms_norm_eps: 1e-6, rope_theta: 10_000 } });
    case 'gpt2':
      return new Gpt2({ ...rest, config: { ...common, ...dropout, model_type: 'gpt2', intermediate_size: 64, tie_word_embeddings: true, layer_norm_epsilon: 1e-5 } });
    case 'gptj':
      return new GptJ({ ...rest, config: { ...common, ...dropout, model_type: 'gptj', intermediate_size: 64, tie_word_embeddings: false, layer_norm_epsilon: 1e-5, rotary_dim: 4 } });
  }
}
