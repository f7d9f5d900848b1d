/** Runs side by side: what differs in their configs, their losses, and their models' scores, paired item by item against the first. */
import type { ResultOf } from '../shared/contract.ts';
import type { EvaluationRecord, RunDetail } from '../shared/records.ts';
import { comparisonKey } from '../shared/scores.ts';
import { compareSubtasks } from './evaluation/comparison.ts';
import type { Store } from './store/store.ts';

type Comparison = ResultOf<'run.compare'>;

/** Losses are better when smaller; the best value of other metrics means nothing, so only these are compared. */
const COMPARED_METRICS = ['train/loss', 'eval/loss', 'train/crossEntropy', 'train/kl', 'train/tokensPerSecond'];

export function compareRuns(store: Store, ids: string[]): Comparison {
  const details = ids.map((id) => store.getRun(id));
  const flat = details.map((run) => flatten((run.params as { config?: unknown }).config ?? run.params));
  const keys = [...new Set(flat.flatMap((config) => [...config.keys()]))];
  return {
    runs: ids.map((id) => store.getSummary(id)),
    config: keys.map((key) => {
      const values = flat.map((config) => config.get(key) ?? '');
      return { key, values, differs: new Set(values).size > 1 };
    }),
    metrics: COMPARED_METRICS.flatMap((metric) => {
      const latest = ids.map((id) => store.latestMetric(id, metric));
      if (latest.every((value) => value === null)) return [];
      return [{ metric, last: latest.map((value) => value?.last ?? null), best: latest.map((value) => value?.min ?? null) }];
    }),
    scores: compareScores(store, details),
  };
}

/** Dotted key -> value as JSON text. */
function flatten(value: unknown, prefix = ''): Map<string, string> {
  const flat = new Map<string, string>();
  if (value !== null && typeof value === 'object' && !Array.isArray(value)) {
    for (const [key, inner] of Object.entries(value)) {
      // A whole section that is not there says nothing; its keys are missing one by one.
      if (inner === null && prefix === '') continue;
      for (const [path, text] of flatten(inner, prefix ? `${prefix}.${key}` : key)) flat.set(path, text);
    }
  } else {
    flat.set(prefix, JSON.stringify(value));
  }
  return flat;
}

function compareScores(store: Store, runs: RunDetail[]): Comparison['scores'] {
  const newest = runs.map((run) => {
    const byKey = new Map<string, EvaluationRecord>();
    if (!run.modelName) return byKey;
    for (const evaluation of store.listEvaluations({ models: [run.modelName], of: 'models' })) {
      const key = comparisonKey(evaluation);
      const known = byKey.get(key);
      if (!known || known.createdAt < evaluation.createdAt) byKey.set(key, evaluation);
    }
    return byKey;
  });
  const keys = [...new Set(newest.flatMap((byKey) => [...byKey.keys()]))];
  return keys.map((key) => {
    const evaluations = newest.map((byKey) => byKey.get(key) ?? null);
    const { suite, version, protocol, startToken, prefixSpace } = evaluations.find((evaluation) => evaluation !== null)!;
    const baseline = evaluations[0];
    return {
      suite,
      version,
      protocol,
      startToken,
      prefixSpace,
      evaluationIds: evaluations.map((evaluation) => evaluation?.id ?? null),
      scores: evaluations.map((evaluation) => evaluation?.score ?? null),
      low: evaluations.map((evaluation) => evaluation?.low ?? null),
      high: evaluations.map((evaluation) => evaluation?.high ?? null),
      against: runs.flatMap((run, index) => {
        const other = evaluations[index];
        if (index === 0 || !baseline || !other) return [];
        const compared = compareSubtasks(store.outcomes(baseline.id), store.outcomes(other.id));
        return [{ runId: run.id, ...compared }];
      }),
    };
  });
}
