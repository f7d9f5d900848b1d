/** Which checkpoint is kept and when to stop: the rules of transformers' Trainer and its EarlyStoppingCallback. Pure. */

export interface SelectionRule {
  /** Whether a larger value is better. */
  larger: boolean;
  /** Evaluations without enough improvement after which training stops; null: never. */
  patience: number | null;
  /** Improvement that counts against patience: more than this. */
  threshold: number;
}

/** Everything it has to remember, so that a resumed run decides the same. */
export interface SelectionState {
  /** Best value so far and the optimiser step after which it was measured; null before the first. */
  best: { step: number; value: number } | null;
  /** Evaluations in a row that did not improve by more than the threshold. */
  misses: number;
}

/**
 * Takes in a value. The best is any strict improvement; patience asks for one beyond the threshold over the best before. So a
 * small improvement is kept and still counts as a miss.
 * @returns the state after it, and whether to stop
 */
export function select({ best, misses }: SelectionState, rule: SelectionRule, step: number, value: number): { state: SelectionState; isBest: boolean; stop: boolean } {
  const improves = best === null || (rule.larger ? value > best.value : value < best.value);
  const enough = best === null || (improves && Math.abs(value - best.value) > rule.threshold);
  const state: SelectionState = { best: improves ? { step, value } : best, misses: enough ? 0 : misses + 1 };
  return { state, isBest: improves, stop: rule.patience !== null && state.misses >= rule.patience };
}
