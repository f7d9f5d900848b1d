/**
 * Benchmarks: `npm run bench -- train|finetune|score|tokenize|store|series [--json]`. Figures are ratios measured side by side in one run; above 1, ours is faster.
 * `CRIA_BENCH_PYTHON` names a Python that has the peers (torch, transformers, tokenizers); without it only our own figures are printed.
 */
import { benchFinetune } from './finetune.ts';
import { benchScore } from './score.ts';
import { benchSeries } from './series.ts';
import { benchStore } from './store.ts';
import { benchTokenize } from './tokenize.ts';
import { benchTrain } from './train.ts';
import type { BenchResult } from './result.ts';

const python = process.env.CRIA_BENCH_PYTHON;

const BENCHES: Record<string, () => Promise<BenchResult[]>> = {
  finetune: () => benchFinetune(python),
  score: () => benchScore(python ? { python } : {}),
  series: () => benchSeries(),
  store: () => benchStore(),
  tokenize: () => benchTokenize(python),
  train: () => benchTrain(python),
};

const [name, ...flags] = process.argv.slice(2);
const bench = BENCHES[name ?? ''];
if (!bench) {
  process.stderr.write(`Which bench? ${Object.keys(BENCHES).join(', ')}\n`);
  process.exitCode = 2;
} else {
  const results = await bench();
  if (flags.includes('--json')) process.stdout.write(`${JSON.stringify({ results })}\n`);
  else {
    for (const { case: what, precision, ours, unit, peer, ratio } of results) {
      const against = peer === null || ratio === null ? '' : `  ${ratio.toFixed(2)} x ${peer}`;
      process.stdout.write(`${what}${precision ? ` (${precision})` : ''}: ${ours.toPrecision(4)} ${unit}${against}\n`);
    }
  }
}
