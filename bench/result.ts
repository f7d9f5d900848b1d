/** What every benchmark reports; `npm run bench -- NAME --json` prints a list of these. */
export interface BenchResult {
  case: string;
  /** "float32", "bfloat16", or "-" where numbers play no part. */
  precision: string;
  /** What was measured here, in `unit`. */
  ours: number;
  /** Who was measured beside us in the same run; null when no peer was there. */
  peer: string | null;
  /** Greater than 1: ours is faster (or smaller, where less is better). Null without a peer. */
  ratio: number | null;
  unit: string;
}
