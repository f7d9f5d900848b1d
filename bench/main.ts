/**
 * Benchmarks: `npm run bench -- NAME [ARGUMENT] [--json]` with a name of the list below. Figures are ratios measured side by side in one run; above 1, ours is faster, or below its limit.
 * `CRIA_BENCH_PYTHON` names a Python that has the peers (torch, transformers, tokenizers); without it only our own figures are printed.
 */
import { spawnSync } from 'node:child_process';
import { JOB_ENVIRONMENT } from '../src/main/queue/jobProcess.ts';
import { benchFinetune } from './finetune.ts';
import { benchScore } from './score.ts';
import { benchSeries } from './series.ts';
import { benchStore } from './store.ts';
import { benchTokenize } from './tokenize.ts';
import { benchTrain } from './train.ts';
import { benchCompare } from './window/compare.ts';
import { benchRoundTrip } from './window/roundTrip.ts';
import { benchSoak } from './window/soak.ts';
import { benchStart } from './window/start.ts';
import type { BenchResult } from './result.ts';

const python = process.env.CRIA_BENCH_PYTHON;

// Ours is measured as jobs run. The system's library reads these when a process starts, so this one starts itself again.
if (Object.keys(JOB_ENVIRONMENT).some((name) => process.env[name] === undefined)) {
  const { status } = spawnSync(process.execPath, [...process.execArgv, ...process.argv.slice(1)], { stdio: 'inherit', env: { ...JOB_ENVIRONMENT, ...process.env } });
  process.exit(status ?? 1);
}

const BENCHES: Record<string, (argument?: string) => Promise<BenchResult[]>> = {
  // The window's benches `compare` and `start` take a folder that is filled once and used again, `soak` takes minutes.
  compare: benchCompare,
  roundtrip: benchRoundTrip,
  finetune: () => benchFinetune(python),
  score: () => benchScore(python ? { python } : {}),
  series: () => benchSeries(),
  soak: benchSoak,
  start: benchStart,
  store: () => benchStore(),
  tokenize: () => benchTokenize(python),
  train: (only) => benchTrain(python, only),
};

const [name, ...rest] = process.argv.slice(2);
const argument = rest.find((word) => !word.startsWith('--'));
const bench = BENCHES[name ?? ''];
if (!bench) {
  process.stderr.write(`Which bench? ${Object.keys(BENCHES).join(', ')}\n`);
  process.exitCode = 2;
} else {
  const results = await bench(argument);
  if (rest.includes('--json')) process.stdout.write(`${JSON.stringify({ results })}\n`);
  else {
    for (const { case: what, precision, ours, unit, peer, ratio } of results) {
      const against = peer === null || ratio === null ? '' : `  ${ratio.toFixed(2)} x ${peer}`;
      process.stdout.write(`${what}${precision ? ` (${precision})` : ''}: ${ours.toPrecision(4)} ${unit}${against}\n`);
    }
  }
}
