/** The workspace's models beside the challenge's published baselines. */
import type { ResultOf } from '../../shared/contract.ts';
import type { ProtocolName } from '../../shared/scores.ts';
import { meanOfEstimates, type Estimate } from '../evaluation/statistics.ts';
import { PUBLISHED } from '../evaluation/submission/published.ts';
import { SUITES } from '../evaluation/suites.ts';
import type { Store } from '../store/store.ts';

type Leaderboard = ResultOf<'evaluation.leaderboard'>;
type Row = Leaderboard['rows'][number];

/** Suites that may stand in one column: GLUE by LoRA makes a row of its own. */
const VARIANTS: Record<string, { suite: string; label: string }[]> = { glue: [{ suite: 'glue-lora', label: 'GLUE by LoRA' }] };

/** Only scores on official items count, the newest of each model. */
export function leaderboard(store: Store, protocol: ProtocolName): Leaderboard {
  const { tasks, rows: published, notMeasured } = PUBLISHED[protocol];
  const official = store.listEvaluations({ of: 'models' })
    .filter((evaluation) => evaluation.protocol === protocol && SUITES.some(({ name, version }) => name === evaluation.suite && version === evaluation.version));
  const models = [...new Set(official.map(({ model }) => model))];
  const own = models.flatMap((model): Row[] => {
    const newest = (suite: string) => official.find((evaluation) => evaluation.model === model && evaluation.suite === suite) ?? null;
    const rowOf = (name: string, suites: readonly string[]): Row => {
      const found = suites.map(newest);
      const estimates = found.filter((evaluation) => evaluation !== null).map(({ score, low, high }): Estimate => ({ value: score, low, high }));
      const mean = estimates.length === suites.length && notMeasured.length === 0 ? meanOfEstimates(estimates) : null;
      return { name, published: null, scores: found.map((one) => one && { score: one.score, low: one.low, high: one.high }), mean: mean && { score: mean.value, low: mean.low, high: mean.high } };
    };
    const suites = tasks.map(({ suite }) => suite);
    const variants = suites.flatMap((suite) => (VARIANTS[suite] ?? [])
      .filter((variant) => newest(variant.suite))
      .map((variant) => rowOf(`${model}, ${variant.label}`, suites.map((name) => (name === suite ? variant.suite : name)))));
    const plain = rowOf(model, suites);
    // A row that lacks only what its variant has would say everything twice.
    const isSaidTwice = variants.some(({ scores }) => plain.scores.every((score, i) => score === null || score.score === scores[i]?.score));
    return isSaidTwice ? variants : [plain, ...variants];
  });
  const theirs = published.map(({ name, words, scores, mean }): Row => ({
    name, published: words,
    scores: scores.map((score) => ({ score: score / 100, low: null, high: null })),
    mean: mean === null ? null : { score: mean / 100, low: null, high: null },
  }));
  const rank = ({ mean, scores }: Row): number => mean?.score ?? (scores[0]?.score ?? 0) - 1;
  return { tasks: tasks.map(({ title }) => title), rows: [...own, ...theirs].sort((a, b) => rank(b) - rank(a)) };
}
