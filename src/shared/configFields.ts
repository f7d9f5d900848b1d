/**
 * Every key of a run's config: its type, default, limits and meaning, in one table. The reader, the list of known keys and (later) the
 * form derive from it.
 */
import { z } from 'zod';

export interface ConfigField {
  /** Dotted, as in the file: "training.lr". */
  key: string;
  schema: z.ZodType;
  /** Value of a key that is left out; `undefined`: the key is required. A function sees the raw values of the whole file. */
  fallback?: unknown;
  /** Said in messages: "a whole number above 0". */
  expected: string;
  help: string;
}

const text = z.string().min(1);
const positiveInteger = z.int().min(1).max(1e9);
const probability = z.number().min(0).max(0.99);

/** The deepest models have some hundreds; a number beyond is a slip that would take ages to reckon with. */
export const MAX_LAYERS = 10_000;

const WHOLE = 'a whole number above 0';
const RATE = 'a number from 0 to 0.99';
const TRUTH = 'true or false';

export const CONFIG_FIELDS: readonly ConfigField[] = [
  { key: 'data.tokenizer_path', schema: text, expected: 'a path', help: 'A Hugging Face tokenizer.json' },
  { key: 'data.train_path', schema: text, expected: 'a path', help: 'Folder whose .train files are trained on, or one text file' },
  { key: 'data.eval_path', schema: text, expected: 'a path', help: 'Folder whose .dev files the eval loss is measured on, or one text file' },
  { key: 'data.seq_length', schema: z.int().min(2).max(65_536), expected: 'a whole number from 2 to 65536', help: 'Tokens in a training sequence' },
  { key: 'data.eval_samples', schema: positiveInteger, fallback: 8192, expected: WHOLE, help: 'Sequences that the eval loss is measured on, drawn once with seed 2023' },

  { key: 'model.type', schema: z.enum(['GPT2', 'Llama', 'GPTJ']), expected: 'GPT2, Llama or GPTJ', help: 'Architecture' },
  { key: 'model.name', schema: text, expected: 'a name', help: 'Folder under the workspace\'s models' },
  { key: 'model.hidden_size', schema: positiveInteger, expected: WHOLE, help: 'Width of the hidden states' },
  { key: 'model.intermediate_size', schema: positiveInteger.nullable(), fallback: null, expected: `${WHOLE}, or null`, help: 'Feed-forward width of a Llama; GPT2 and GPTJ use 4 x hidden_size' },
  { key: 'model.n_layer', schema: z.int().min(1).max(MAX_LAYERS), expected: `a whole number from 1 to ${MAX_LAYERS}`, help: 'Number of blocks' },
  { key: 'model.n_head', schema: positiveInteger, expected: WHOLE, help: 'Number of attention heads; divides hidden_size' },
  { key: 'model.tie_word_embeddings', schema: z.boolean(), fallback: (type: unknown) => type === 'GPT2', expected: TRUTH, help: 'Whether the head is the embedding matrix' },
  { key: 'model.resid_pdrop', schema: probability, fallback: (type: unknown) => (type === 'GPT2' ? 0.1 : 0), expected: RATE, help: 'Dropout after attention and feed-forward (GPT2, GPTJ)' },
  { key: 'model.embd_pdrop', schema: probability, fallback: (type: unknown) => (type === 'GPT2' ? 0.1 : 0), expected: RATE, help: 'Dropout after the embedding (GPT2, GPTJ)' },
  { key: 'model.attn_pdrop', schema: probability, fallback: (type: unknown) => (type === 'GPT2' ? 0.1 : 0), expected: RATE, help: 'Dropout on attention weights (GPT2, GPTJ)' },

  { key: 'training.lr', schema: z.number().positive().max(10), expected: 'a number above 0', help: 'Peak learning rate' },
  { key: 'training.batch_size', schema: positiveInteger, expected: WHOLE, help: 'Sequences in one optimiser step, all accumulation steps together' },
  { key: 'training.num_epochs', schema: positiveInteger, expected: WHOLE, help: 'Passes over the training text' },
  { key: 'training.gradient_accumulation_steps', schema: positiveInteger, fallback: 1, expected: WHOLE, help: 'Parts that a batch is run in, to save memory' },
  { key: 'training.warmup_steps', schema: z.int().min(0).max(1e9), fallback: 0, expected: 'a whole number, 0 or more', help: 'Optimiser steps of linear warmup' },
  { key: 'training.fp16', schema: z.boolean(), fallback: false, expected: TRUTH, help: 'Mixed precision where the device does it' },
  {
    key: 'training.precision', schema: z.enum(['float32', 'bfloat16', 'float16']).nullable(), fallback: null, expected: 'float32, bfloat16, float16 or null',
    help: 'What matrix products compute in; null: float32, or with fp16 the best that the device does',
  },
  { key: 'training.eager', schema: z.boolean(), fallback: false, expected: TRUTH, help: 'Run op by op instead of as a compiled graph: slower, the reference' },
  { key: 'training.weight_decay', schema: z.number().min(0).max(1), fallback: 0, expected: 'a number from 0 to 1', help: 'Decoupled weight decay; biases and norms are left out' },
  { key: 'training.max_grad_norm', schema: z.number().positive(), fallback: 1, expected: 'a number above 0', help: 'Global norm that gradients are clipped to' },
  { key: 'training.seed', schema: z.int().min(0), fallback: 42, expected: 'a whole number, 0 or more', help: 'Seeds weights, data order and dropout' },
  { key: 'training.eval_steps', schema: positiveInteger.nullable(), fallback: null, expected: `${WHOLE}, or null`, help: 'Evaluate and checkpoint every so many steps; null: at each epoch\'s end' },
  { key: 'training.logging_steps', schema: positiveInteger, fallback: 20, expected: WHOLE, help: 'Log the training loss every so many steps' },
  { key: 'training.max_steps', schema: positiveInteger.nullable(), fallback: null, expected: `${WHOLE}, or null`, help: 'Stop after so many steps; null: num_epochs decides' },
  { key: 'training.keep_checkpoints', schema: z.boolean(), fallback: false, expected: TRUTH, help: 'Keep the weights of every evaluation, so that suites can be scored along the run (learning curves)' },
  { key: 'training.torch_compile', schema: z.boolean(), fallback: false, expected: TRUTH, help: 'Accepted for the original\'s files and ignored' },

  { key: 'distillation.teachers', schema: z.array(text).min(1), expected: 'a list of model names or folders', help: 'Teachers, averaged' },
  { key: 'distillation.alpha', schema: z.number().min(0).max(1), fallback: 0.5, expected: 'a number from 0 to 1', help: 'Share of the student\'s own cross-entropy in the loss' },
  { key: 'distillation.temperature', schema: z.number().positive().max(1000), fallback: 2, expected: 'a number above 0', help: 'Softens both distributions' },
  { key: 'distillation.kl_reduction', schema: z.enum(['batchmean', 'per_token']), fallback: 'batchmean', expected: 'batchmean or per_token', help: 'batchmean sums over positions, as the recipe does; per_token averages' },
  { key: 'distillation.ensemble', schema: z.enum(['logits', 'probabilities']), fallback: 'logits', expected: 'logits or probabilities', help: 'What of the teachers is averaged' },
  { key: 'distillation.teacher_weights', schema: z.array(z.number().min(0)).min(1).nullable(), fallback: null, expected: 'a list of numbers, or null', help: 'One weight per teacher; null: equal' },

  { key: 'logging.wandb', schema: z.boolean(), fallback: false, expected: TRUTH, help: 'Accepted for the original\'s files and ignored: Cria keeps its own records' },
  { key: 'logging.project', schema: z.string(), fallback: '', expected: 'text', help: 'Groups runs in the list' },
  { key: 'logging.sample_prompt', schema: z.string().max(2000).nullable(), fallback: 'Once upon a time', expected: 'text, or null', help: 'What the model continues at each evaluation, to be read beside its losses; null: nothing' },
  { key: 'logging.output_dir', schema: z.string().nullable(), fallback: null, expected: 'a path', help: 'Accepted and ignored: models land in the workspace' },
];

export const CONFIG_SECTIONS = ['data', 'model', 'training', 'distillation', 'logging'] as const;
