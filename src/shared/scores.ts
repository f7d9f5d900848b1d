/** What a score is called: the words that have to be equal before two numbers may stand in one table. */
import { z } from 'zod';

/**
 * How items become numbers, as named versions that never mix.
 * - `babylm-2024`: start token, then " " + sentence, every token of which counts; a continuation counts alone after its context.
 * - `babylm-2025`: the bare sentence without a start token, so that its first token goes unscored; likewise for continuations.
 */
export const PROTOCOLS = ['babylm-2024', 'babylm-2025'] as const;
export type ProtocolName = (typeof PROTOCOLS)[number];
export const DEFAULT_PROTOCOL: ProtocolName = 'babylm-2024';

/** What a subtask's score is: share of right answers, F1 of class 1, Matthews correlation. */
export const METRICS = ['accuracy', 'f1', 'matthews'] as const;
export type Metric = (typeof METRICS)[number];

/** The circumstances of a score, beside its suite: stored, shown, and equal wherever scores are compared. */
export const conditions = z.object({
  /** Version of the suite's items. */
  version: z.string(),
  protocol: z.string(),
  /** The token that a sentence's first token is predicted from; null: none, the first goes unscored; "": not known, from an old database. */
  startToken: z.string().nullable(),
  /** Whether the tokenizer puts a space before a text; null: not known, from an old database. */
  prefixSpace: z.boolean().nullable(),
});
export type Conditions = z.infer<typeof conditions>;

/** Equal for scores that may be compared, and for no others. */
export function comparisonKey({ suite, version, protocol, startToken, prefixSpace }: Conditions & { suite: string }): string {
  return JSON.stringify([suite, version, protocol, startToken, prefixSpace]);
}

/** The conditions in words: "babylm-2024, 2024-filtered, after <s>, no prefix space". */
export function describeConditions({ version, protocol, startToken, prefixSpace }: Conditions): string {
  const start = startToken === null ? 'no start token' : startToken === '' ? 'start token unknown' : `after ${startToken}`;
  const space = prefixSpace === null ? 'prefix space unknown' : prefixSpace ? 'prefix space' : 'no prefix space';
  return `${protocol}, ${version}, ${start}, ${space}`;
}
