/** What the metrics are called and how they are read. */

/** How the metrics of a training run are shown. */
export const METRICS: Record<string, { title: string; unit: string; measured?: boolean; lowerIsBetter?: boolean }> = {
  'train/loss': { title: 'Training loss', unit: 'nats', lowerIsBetter: true },
  'eval/loss': { title: 'Eval loss', unit: 'nats per token', measured: true, lowerIsBetter: true },
  'eval/perplexity': { title: 'Eval perplexity', unit: '', measured: true, lowerIsBetter: true },
  'train/crossEntropy': { title: 'Training cross-entropy', unit: 'nats per token', lowerIsBetter: true },
  'train/kl': { title: 'KL from the teachers', unit: 'nats', lowerIsBetter: true },
  'train/learningRate': { title: 'Learning rate', unit: '' },
  'train/gradientNorm': { title: 'Gradient norm', unit: 'before clipping' },
  'train/tokensPerSecond': { title: 'Speed', unit: 'tokens/s' },
  'memory/rssBytes': { title: 'Memory', unit: 'bytes' },
  'cpu/utilisation': { title: 'Processor load', unit: '%' },
  'gpu/utilisation': { title: 'GPU load', unit: '%' },
  'gpu/memoryBytes': { title: 'GPU memory', unit: 'bytes' },
};

/**
 * Metrics to ask for where one is wanted: plain training logs its cross-entropy as the loss, a distillation's loss has the KL term in it,
 * and the two must not be set against each other.
 */
export function metricAliases(name: string): string[] {
  return name === 'train/crossEntropy' ? ['train/crossEntropy', 'train/loss'] : [name];
}

export function describeMetric(name: string) {
  return METRICS[name] ?? { title: name, unit: '' };
}
