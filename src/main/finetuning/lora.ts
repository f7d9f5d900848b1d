/**
 * Low-rank adapters (LoRA, Hu et al. 2021) as PEFT has them: y = W x + alpha / r * B A dropout(x), with A [r, in] and B [out, r] trained and W
 * frozen. Shapes in comments: N rows, r rank.
 */
import { CriaError } from '../../shared/errors.ts';
import type { LoraOptions } from '../../shared/finetuning.ts';
import type { Dropout } from '../models/dropout.ts';
import type { Adapters } from '../models/languageModel.ts';
import type { ModelConfig } from '../models/modelConfig.ts';
import type { Program } from '../tensorflow/program.ts';
import { parameterShapes } from '../models/parameterShapes.ts';
import { Random } from '../random.ts';
import { tf, type Tensor, type Tensor2D, type Variable } from '../tensorflow/tf.ts';

/** Projections that PEFT adapts unless told otherwise. */
export const DEFAULT_TARGETS: Readonly<Record<ModelConfig['model_type'], readonly string[]>> = {
  gpt2: ['c_attn'],
  gptj: ['q_proj', 'v_proj'],
  llama: ['q_proj', 'v_proj'],
};

/** A projection with an adapter. */
export interface AdaptedModule {
  /** Hugging Face's name, e.g. "model.layers.0.self_attn.q_proj". */
  module: string;
  inputs: number;
  outputs: number;
}

/**
 * The projections of a model that get adapters, in the model's order.
 * @throws CriaError `bad-input` for a target that names no projection
 */
export function adaptedModules(config: ModelConfig, targets: readonly string[] | null): AdaptedModule[] {
  const projections = [...parameterShapes(config)].filter(([name, shape]) => shape.length === 2 && LAYER.test(name)).map(([name, shape]): AdaptedModule => {
    const [first, second] = shape as [number, number];
    // GPT-2 keeps its weights as [in, out], the others as [out, in].
    const [inputs, outputs] = config.model_type === 'gpt2' ? [first, second] : [second, first];
    return { module: name.slice(0, -'.weight'.length), inputs, outputs };
  });
  const wanted = targets ?? DEFAULT_TARGETS[config.model_type];
  const isNamed = (target: string) => ({ module }: AdaptedModule) => module === target || module.endsWith(`.${target}`);
  const unknown = wanted.find((target) => !projections.some(isNamed(target)));
  if (unknown !== undefined || wanted.length === 0) {
    const known = [...new Set(projections.map(({ module }) => module.slice(module.lastIndexOf('.') + 1)))];
    throw new CriaError('bad-input', unknown === undefined ? 'No projection is to get an adapter.' : `A ${config.model_type} has no projection "${unknown}" to adapt.`,
      `Its projections: ${known.join(', ')}.`);
  }
  return projections.filter((projection) => wanted.some((target) => isNamed(target)(projection)));
}

/** Parameters inside a block; outside lie the embeddings and the head. */
const LAYER = /\.(h|layers)\.\d+\./;

/** Adapters of a model, with their variables. */
export class LoraAdapters implements Adapters {
  readonly options: LoraOptions;
  /** `<module>.lora_A.weight` and `<module>.lora_B.weight`, in the model's order. */
  readonly parameters: ReadonlyMap<string, Variable>;

  constructor(options: LoraOptions, parameters: ReadonlyMap<string, Variable>) {
    this.options = options;
    this.parameters = parameters;
  }

  delta(module: string, x: Tensor2D, dropout: Dropout): Tensor2D | null {
    const a = this.parameters.get(`${module}.lora_A.weight`);
    const b = this.parameters.get(`${module}.lora_B.weight`);
    if (!a || !b) return null;
    const { rank, alpha, dropout: rate } = this.options;
    const low = tf.matMul(dropout.apply(x, rate), a as Tensor as Tensor2D, false, true); // (N, r)
    return tf.matMul(tf.mul<Tensor2D>(low, alpha / rank), b as Tensor as Tensor2D, false, true);
  }
}

/**
 * New adapters, initialised as PEFT does: A uniform within -+1 / sqrt(in) (Kaiming's with a = sqrt(5)), B zero, so that at first nothing changes.
 * @throws CriaError `bad-input` as {@link adaptedModules}
 */
export function createAdapters(program: Program, config: ModelConfig, options: LoraOptions, seed: number): LoraAdapters {
  return buildAdapters(program, config, options, initialAdapter(seed));
}

/** First values of an adapter's parameter. */
export function initialAdapter(seed: number): (name: string, shape: [number, number]) => Float32Array {
  return (name, shape) => {
    const values = new Float32Array(shape[0] * shape[1]);
    if (name.endsWith('.lora_B.weight')) return values;
    const bound = 1 / Math.sqrt(shape[1]);
    const random = new Random(seed, `adapter ${name}`);
    for (let i = 0; i < values.length; i++) values[i] = bound * (2 * random.uniform() - 1);
    return values;
  };
}

/** Adapters whose values are asked for one after the other. */
export function buildAdapters(program: Program, config: ModelConfig, options: LoraOptions, values: (name: string, shape: [number, number]) => Float32Array): LoraAdapters {
  const shapes = [...adapterShapes(config, options)];
  return new LoraAdapters(options, new Map(shapes.map(([name, shape]) => [name, program.variable(shape, () => values(name, shape))])));
}

/** Names and shapes of the adapters' parameters. */
export function adapterShapes(config: ModelConfig, { rank, targets }: Pick<LoraOptions, 'rank' | 'targets'>): Map<string, [number, number]> {
  return new Map(adaptedModules(config, targets).flatMap(({ module, inputs, outputs }): [string, [number, number]][] => [
    [`${module}.lora_A.weight`, [rank, inputs]],
    [`${module}.lora_B.weight`, [outputs, rank]],
  ]));
}
