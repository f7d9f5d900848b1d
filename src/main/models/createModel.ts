/** New models: Hugging Face's initialisation, seeded. */
import { Random } from '../random.ts';
import { EagerProgram } from '../tensorflow/eagerProgram.ts';
import type { Program, VariableOptions } from '../tensorflow/program.ts';
import type { Variable } from '../tensorflow/tf.ts';
import { Gpt2 } from './gpt2.ts';
import { GptJ } from './gptj.ts';
import type { LanguageModel } from './languageModel.ts';
import { Llama } from './llama.ts';
import type { ModelConfig } from './modelConfig.ts';
import { parameterShapes } from './parameterShapes.ts';

export interface ModelOptions extends VariableOptions {
  /** What the parameters are to belong to; absent: an eager program of the model's own. */
  program?: Program;
}

/** A model with the initial weights of that seed; the same on every machine. */
export function createModel(config: ModelConfig, { seed, ...options }: ModelOptions & { seed: number }): LanguageModel {
  return buildModel(config, (name, shape) => initialValues(config, name, shape, seed), options);
}

/**
 * A model whose parameters' values are asked for one by one, so that never more than one of them is in memory twice.
 * @param values float32 values of a parameter, row by row; a compiled program asks for them at its first run
 * @param release called when the model is disposed of
 */
export function buildModel(
  config: ModelConfig, values: (name: string, shape: number[]) => Float32Array, { program: given, half }: ModelOptions = {}, release = () => {},
): LanguageModel {
  const program = given ?? new EagerProgram();
  const parameters = new Map<string, Variable>();
  try {
    for (const [name, shape] of parameterShapes(config)) {
      parameters.set(name, program.variable(shape, () => values(name, shape), { half: half ?? false }));
    }
  } catch (error) {
    if (!given) program.dispose();
    release();
    throw error;
  }
  const free = () => {
    if (!given) program.dispose();
    release();
  };
  switch (config.model_type) {
    case 'llama':
      return new Llama({ config, program, parameters, release: free });
    case 'gpt2':
      return new Gpt2({ config, program, parameters, release: free });
    case 'gptj':
      return new GptJ({ config, program, parameters, release: free });
  }
}

/**
 * Initial values as Hugging Face draws them: weights and embeddings N(0, initializer_range), biases 0, norms 1; GPT-2 divides its
 * residual projections' deviation by sqrt(2 * layers); Llama's embedding of the pad token is 0. Every parameter has a stream of its own,
 * so that adding one changes no other.
 */
function initialValues(config: ModelConfig, name: string, shape: number[], seed: number): Float32Array {
  const values = new Float32Array(shape.reduce((product, size) => product * size, 1));
  if (name.endsWith('.bias')) return values;
  if (/(layernorm|norm|ln_\d|ln_f)\.weight$/.test(name)) return values.fill(1);
  const residual = config.model_type === 'gpt2' && name.endsWith('c_proj.weight');
  const deviation = residual ? config.initializer_range / Math.sqrt(2 * config.n_layer) : config.initializer_range;
  const random = new Random(seed, `weights ${name}`);
  for (let i = 0; i < values.length; i++) values[i] = deviation * random.normal();
  if (name === 'model.embed_tokens.weight' && config.model_type === 'llama' && config.pad_token_id !== null) {
    values.fill(0, config.pad_token_id * shape[1]!, (config.pad_token_id + 1) * shape[1]!);
  }
  return values;
}
