/** Scores in the words of the window. */
import { describeConditions, type Conditions } from '../shared/scores.ts';

/** "65.3" */
export const percent = (share: number): string => (100 * share).toFixed(1);

/** The wider half of an interval: "0.4"; null bounds give nothing. */
export function halfWidth({ score, low, high }: { score: number; low: number | null; high: number | null }): string {
  return low === null || high === null ? '' : (100 * Math.max(high - score, score - low)).toFixed(1);
}

/** What all scores of one table have in common: "blimp · babylm-2024, 2024-filtered, after <s>, no prefix space". */
export const groupLabel = (score: Conditions & { suite: string }): string => `${score.suite} · ${describeConditions(score)}`;
