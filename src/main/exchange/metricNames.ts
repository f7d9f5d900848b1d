/** Other tools' metric names in Cria's words, so that imported runs lie in the same charts as our own. */
import type { MetricRecord } from '../../shared/progress.ts';

/** Names as Hugging Face's Trainer, nanoGPT, Lightning and their users write them, in lower case, `/` and `.` as `_`. */
const OURS: Record<string, string> = {
  loss: 'train/loss', train_loss: 'train/loss', training_loss: 'train/loss', train_loss_step: 'train/loss',
  eval_loss: 'eval/loss', val_loss: 'eval/loss', valid_loss: 'eval/loss', validation_loss: 'eval/loss', dev_loss: 'eval/loss',
  eval_perplexity: 'eval/perplexity', val_perplexity: 'eval/perplexity', eval_ppl: 'eval/perplexity', val_ppl: 'eval/perplexity', perplexity: 'eval/perplexity',
  learning_rate: 'train/learningRate', train_learning_rate: 'train/learningRate', lr: 'train/learningRate', train_lr: 'train/learningRate', train_learningrate: 'train/learningRate',
  grad_norm: 'train/gradientNorm', train_grad_norm: 'train/gradientNorm', gradient_norm: 'train/gradientNorm', train_gradientnorm: 'train/gradientNorm',
  tokens_per_second: 'train/tokensPerSecond', train_tokens_per_second: 'train/tokensPerSecond', train_tokenspersecond: 'train/tokensPerSecond',
  train_crossentropy: 'train/crossEntropy', memory_rssbytes: 'memory/rssBytes',
};

/** The Trainer's last words, under the names they have in the file: means over the whole training, which belong to no curve. */
const SUMMARY = /^(train\/)?train_(loss|runtime|samples_per_second|steps_per_second)$/;

/** Where a run was at a step, not what was measured there. */
const POSITIONS: Record<string, 'epoch' | 'tokens' | 'step' | 'seconds'> = {
  epoch: 'epoch', train_epoch: 'epoch',
  num_input_tokens_seen: 'tokens', train_num_input_tokens_seen: 'tokens', tokens: 'tokens', tokens_seen: 'tokens', train_tokens: 'tokens',
  train_global_step: 'step', global_step: 'step', trainer_global_step: 'step',
  _runtime: 'seconds', seconds: 'seconds',
};

const simplified = (name: string) => name.toLowerCase().replaceAll(/[/.]/g, '_');

/** @returns null for what belongs to no chart */
export function ourName(name: string): string | null {
  if (SUMMARY.test(name)) return name.startsWith('train/') ? `summary/${name.slice('train/'.length)}` : `summary/${name}`;
  const known = OURS[simplified(name)];
  if (known) return known;
  if (name.startsWith('_') || POSITIONS[simplified(name)]) return null;
  const grouped = /^(train|eval|test)_(.+)$/.exec(name);
  return grouped ? `${grouped[1]}/${grouped[2]}` : name;
}

/**
 * A record in Cria's words. It may be left without values: where it only says at which epoch the step was, say.
 * @param ownNames whether a bare `train_loss` is the training loss; in the Trainer's own log it is a mean over everything
 */
export function inOurWords(record: MetricRecord, { ownNames }: { ownNames: boolean }): MetricRecord {
  const translated: MetricRecord = { ...record, values: {} };
  for (const [name, value] of Object.entries(record.values)) {
    const position = POSITIONS[simplified(name)];
    if (!position) {
      const ours = ownNames && SUMMARY.test(name) ? OURS[simplified(name)] ?? ourName(name) : ourName(name);
      if (ours) translated.values[ours] = value;
    } else if (Number.isFinite(value) && value >= 0) {
      translated[position] = position === 'tokens' || position === 'step' ? Math.round(value) : value;
    }
  }
  return translated;
}
