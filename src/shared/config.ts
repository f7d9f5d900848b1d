/**
 * The config of a run: the BabyLlama recipe's own YAML format (data / model / training / logging), plus `distillation`.
 * Field names are the file's keys, so that form, file, store and code speak of the same thing.
 */

export type ModelType = 'GPT2' | 'Llama' | 'GPTJ';

export interface DataConfig {
  /** A Hugging Face tokenizer.json. */
  tokenizer_path: string;
  /** Folder whose `.train` files (and only those, or a single text file) are trained on. */
  train_path: string;
  /** Folder whose `.dev` files the eval loss is measured on. */
  eval_path: string;
  /** Tokens in a training sequence. */
  seq_length: number;
  /** Sequences of eval_path that the eval loss is measured on, drawn once with Python's seed 2023. */
  eval_samples: number;
}

export interface ModelConfigSection {
  type: ModelType;
  /** Folder name under the workspace's models. */
  name: string;
  hidden_size: number;
  /** Llama's feed-forward width; GPT-2 and GPT-J always use 4 x hidden_size and ignore it. */
  intermediate_size: number | null;
  n_layer: number;
  n_head: number;
  /** Default: true for GPT2, false for Llama and GPTJ (Hugging Face's defaults). */
  tie_word_embeddings: boolean;
  /** Dropouts of GPT2 and GPTJ; Llama has none. Defaults are Hugging Face's: 0.1 for GPT2, 0.0 for GPTJ. */
  resid_pdrop: number;
  embd_pdrop: number;
  attn_pdrop: number;
}

export interface TrainingConfig {
  /** Peak learning rate. */
  lr: number;
  /** Sequences in one optimiser step, all accumulation steps together. */
  batch_size: number;
  num_epochs: number;
  /** batch_size must be divisible by it. */
  gradient_accumulation_steps: number;
  /** Optimiser steps of linear warmup. */
  warmup_steps: number;
  /** Mixed precision asked for, in what the device does best. */
  fp16: boolean;
  /** What matrix products compute in; null: float32, or with fp16 the device's best. Default null. */
  precision: 'float32' | 'bfloat16' | 'float16' | null;
  /** Run op by op instead of as a compiled graph: slower, the reference. Default false. */
  eager: boolean;
  /** Default 0 (0.1 for distillation); not applied to biases and norm weights. */
  weight_decay: number;
  /** Global L2 norm that gradients are clipped to. Default 1.0. */
  max_grad_norm: number;
  /** Seeds initialisation, data order and dropout. Default 42. */
  seed: number;
  /** Evaluate and checkpoint every so many optimiser steps; null: at each epoch's end. */
  eval_steps: number | null;
  /** Log the training loss every so many optimiser steps. Default 20. */
  logging_steps: number;
  /** Stop after so many optimiser steps (the schedule spans them too); null: num_epochs decides. */
  max_steps: number | null;
  /** Keep the weights of every evaluation, so that learning curves can be scored. Default false. */
  keep_checkpoints: boolean;
}

export interface DistillationConfig {
  /** Model names in the workspace or Hugging Face folders; one or more. */
  teachers: string[];
  /** Share of the student's own cross-entropy in the loss; 1 - alpha is the teachers'. Default 0.5. */
  alpha: number;
  /** Default 2.0. */
  temperature: number;
  /** `batchmean`: summed over positions, divided by the batch (the recipe's); `per_token`: also divided by positions. */
  kl_reduction: 'batchmean' | 'per_token';
  /** Average the teachers' logits (the recipe's) or their probabilities at that temperature. */
  ensemble: 'logits' | 'probabilities';
  /** One weight per teacher, normalised to sum 1; null: equal. */
  teacher_weights: number[] | null;
}

export interface LoggingConfig {
  /** Accepted for the recipe's files and ignored: Cria keeps its own records. */
  wandb: boolean;
  /** Groups runs in the list. */
  project: string;
  /** What the model continues at each evaluation, to be read beside its losses; null: nothing. */
  sample_prompt: string | null;
  /** Accepted and ignored: models land in the workspace's models folder. */
  output_dir: string | null;
}

/** A config with every default filled in. `distillation` is null for plain training. */
export interface RunConfig {
  data: DataConfig;
  model: ModelConfigSection;
  training: TrainingConfig;
  distillation: DistillationConfig | null;
  logging: LoggingConfig;
}
