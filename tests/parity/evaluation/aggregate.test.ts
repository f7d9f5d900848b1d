/** The published means of another lab's model of this recipe, from its published log-probabilities. */
import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { aggregate } from '../../../src/main/evaluation/aggregate.ts';
import { locateSuite } from '../../../src/main/evaluation/data.ts';
import { loadPairs, pairsDigest, suiteFingerprint } from '../../../src/main/evaluation/pairs.ts';
import type { Outcome } from '../../../src/shared/outcomes.ts';
import { hasShared, sharedPath } from '../../support/shared.ts';

type Results = Record<string, { 'acc,none'?: number }>;

/** Task name -> log-probabilities, interleaved. */
function readTable(path: string): Map<string, number[]> {
  const tasks = new Map<string, number[]>();
  for (const line of readFileSync(path, 'utf8').trim().split('\n').slice(1)) {
    const [task, , good, bad] = line.split('\t');
    const values = tasks.get(task!) ?? [];
    values.push(Number(good), Number(bad));
    tasks.set(task!, values);
  }
  return tasks;
}

describe.skipIf(!hasShared)('aggregation of published log-probabilities', () => {
  it.each([
    ['blimp_loglik.tsv', 'blimp_results_summary.json', 'blimp_filtered', /^blimp_(?!supplement).*_filtered$/, 67],
    ['blimp_loglik.tsv', 'blimp_results_summary.json', 'blimp_supplement', /^blimp_supplement_/, 5],
    ['ewok_loglik_numbers_only.tsv', 'ewok_results_summary.json', 'ewok_filtered', /^ewok_/, 11],
  ])('%s: %s %s', (table, summary, group, tasks, count) => {
    const { results } = JSON.parse(readFileSync(sharedPath('data/oracle-58m', summary), 'utf8')) as { results: Results };
    const measured = [...readTable(sharedPath('data/oracle-58m', table))]
      .filter(([task]) => tasks.test(task))
      .map(([subtask, values]): Outcome => ({ kind: 'choice', subtask, phenomenon: null, logprobs: Float64Array.from(values) }));
    expect(measured).toHaveLength(count);
    const { overall, subtasks } = aggregate(measured);
    for (const { subtask, score } of subtasks) expect(Math.abs(score - results[subtask]!['acc,none']!)).toBeLessThan(1e-12);
    expect(Math.abs(overall.value - results[group]!['acc,none']!)).toBeLessThan(1e-12);
  });
});

describe.skipIf(!hasShared)('official data', () => {
  it.each(['blimp', 'supplement', 'blimp-full'])('%s is recognised', async (name) => {
    const { suite, files, warnings } = locateSuite(name, { data: sharedPath('data'), workspaceData: '/nowhere' });
    expect(warnings).toEqual([]);
    const digests = new Map<string, string>();
    for (const file of files) {
      const pairs = await loadPairs(file.path);
      expect(pairs.length).toBe(file.items);
      digests.set(file.name, pairsDigest(pairs));
    }
    expect(suiteFingerprint(digests)).toBe(suite.fingerprint);
  });
});
