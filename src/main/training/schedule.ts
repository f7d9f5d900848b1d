/** Learning rate by step: linear warmup, then half a cosine or a straight line down to 0. */

/**
 * Half a cosine after the warmup (transformers' get_cosine_schedule_with_warmup).
 * @param peak highest learning rate
 * @param step 0-based index of the optimiser step: with a warmup, the very first step has rate 0
 * @param warmup steps of warmup
 * @param total steps of the whole run
 */
export function learningRateAt(peak: number, step: number, warmup: number, total: number): number {
  if (step < warmup) return (peak * step) / Math.max(1, warmup);
  const done = (step - warmup) / Math.max(1, total - warmup);
  return peak * Math.max(0, 0.5 * (1 + Math.cos(Math.PI * done)));
}

/** Linear warmup, then a straight line down to 0 (transformers' get_linear_schedule_with_warmup, the Trainer's default). Arguments as {@link learningRateAt}. */
export function linearRateAt(peak: number, step: number, warmup: number, total: number): number {
  if (step < warmup) return (peak * step) / Math.max(1, warmup);
  return peak * Math.max(0, (total - step) / Math.max(1, total - warmup));
}
