/** What every architecture is to the rest of Cria: named parameters, and a forward pass from token ids to logits. */
import type { Program } from '../tensorflow/program.ts';
import type { Tensor, Tensor1D, Tensor2D, Tensor3D, Tensor4D, Variable } from '../tensorflow/tf.ts';
import type { Dropout } from './dropout.ts';
import type { ModelConfig } from './modelConfig.ts';

/** Shapes in comments use: B sequences, T positions, H hidden size, V vocabulary. */
export interface ForwardOptions {
  /**
   * Present while training a model with dropout: int32 [2], the seed that every dropout mask of this forward pass is derived from.
   * Absent: no dropout.
   */
  dropoutSeed?: Tensor;
  /** Where tokens stand and what they see, if not simply one after the other and all before them. */
  layout?: Layout;
  /** Adds to the outputs of the projections that it has adapters for. */
  adapters?: Adapters;
  /** Shown each layer's attention weights, [B, A, T, T] for A heads: row t says how much position t takes from each position. */
  onAttention?: (layer: number, weights: Tensor4D) => void;
}

/** Rows of tokens that hold more than one sequence (evaluation/prefixTrees.ts). */
export interface Layout {
  /** Each token's position in its sequence, int32 [B * T]. */
  positions: Tensor1D;
  /** bool [B, 1, T, T], true where a token (row) sees another (column). */
  visible: Tensor;
}

/** Trained additions to a frozen model's projections. */
export interface Adapters {
  /**
   * What is added to a projection's output: x [N, in] -> [N, out]; null where it has no adapter.
   * @param module the projection, by Hugging Face's name without ".weight"
   */
  delta(module: string, x: Tensor2D, dropout: Dropout): Tensor2D | null;
}

export interface LanguageModel {
  readonly config: ModelConfig;
  /** What the parameters belong to; functions that use the model are this program's. */
  readonly program: Program;
  /** Hugging Face's parameter names and shapes, in Hugging Face's order; a tied head is not listed. */
  readonly parameters: ReadonlyMap<string, Variable>;
  /** Token ids int32 [B, T] -> hidden states after the final norm, float32 [B, T, H]. T must not exceed the model's positions. */
  hiddenStates(ids: Tensor2D, options?: ForwardOptions): Tensor3D;
  /** Hidden states [..., H] -> logits [..., V]; the head alone, so that scoring can run it only where needed. */
  head<T extends Tensor>(hidden: T): T;
  /** Token ids int32 [B, T] -> logits float32 [B, T, V]. */
  logits(ids: Tensor2D, options?: ForwardOptions): Tensor3D;
  /** Frees the tables that the model keeps, and its program where it has one of its own. */
  dispose(): void;
}
