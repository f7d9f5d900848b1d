/** What the architectures have in common. */
import type { Program } from '../tensorflow/program.ts';
import type { Tensor, Tensor2D, Tensor3D, Variable } from '../tensorflow/tf.ts';
import type { ForwardOptions, LanguageModel } from './languageModel.ts';
import type { ModelConfig } from './modelConfig.ts';

export interface ModelParts<C extends ModelConfig> {
  config: C;
  program: Program;
  parameters: ReadonlyMap<string, Variable>;
  /** Called when the model is disposed of. */
  release: () => void;
}

export abstract class BaseModel<C extends ModelConfig> implements LanguageModel {
  readonly config: C;
  readonly program: Program;
  readonly parameters: ReadonlyMap<string, Variable>;
  readonly #release: () => void;

  constructor({ config, program, parameters, release }: ModelParts<C>) {
    this.config = config;
    this.program = program;
    this.parameters = parameters;
    this.#release = release;
  }

  abstract hiddenStates(ids: Tensor2D, options?: ForwardOptions): Tensor3D;
  abstract head<T extends Tensor>(hidden: T): T;

  logits(ids: Tensor2D, options?: ForwardOptions): Tensor3D {
    return this.head(this.hiddenStates(ids, options)); // (B, T, V)
  }

  /** A parameter by its name. */
  protected weight(name: string): Variable {
    return this.parameters.get(name)!;
  }

  dispose(): void {
    this.#release();
  }
}
