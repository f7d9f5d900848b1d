/**
 * `npm run test:fuzz -- [--inputs N | --seconds S] [--seed N] [--target N]`: fuzzes every input that comes from outside and prints what
 * was tried. N and S are for all targets together. Exits with 1 when something was found.
 */
import { parseArgs } from 'node:util';
import { fuzzTarget, TARGET_COUNT } from './campaign.ts';

const { values } = parseArgs({ options: { inputs: { type: 'string' }, seconds: { type: 'string' }, seed: { type: 'string' }, target: { type: 'string' } } });
const targets = values.target === undefined ? Array.from({ length: TARGET_COUNT }, (_, i) => i) : [Number(values.target)];
const inputs = values.inputs === undefined ? (values.seconds === undefined ? 1_000_000 : Infinity) : Number(values.inputs);
const seconds = values.seconds === undefined ? Infinity : Number(values.seconds);
const seed = Number(values.seed ?? Date.now() % 2 ** 31);
const share = { inputs: Math.ceil(Math.min(inputs, 2 ** 31) / targets.length), milliseconds: Math.min((seconds * 1000) / targets.length, 2 ** 31 - 1), seed };

process.stdout.write(`seed ${seed}\n${'target'.padEnd(30)}${'inputs'.padStart(10)}${'taken'.padStart(10)}${'slowest ms'.padStart(12)}${'RSS +MB'.padStart(10)}${'seconds'.padStart(10)}\n`);
let [total, failures] = [0, 0];
for (const target of targets) {
  const startedAt = performance.now();
  try {
    const { name, inputs: tried, taken, slowestMs, peakRssBytes, failure } = await fuzzTarget(target, share);
    total += tried;
    const took = (performance.now() - startedAt) / 1000;
    process.stdout.write(`${name.padEnd(30)}${String(tried).padStart(10)}${String(taken).padStart(10)}${slowestMs.toFixed(0).padStart(12)}${(peakRssBytes / 1e6).toFixed(0).padStart(10)}${took.toFixed(0).padStart(10)}\n`);
    if (failure) {
      failures++;
      process.stdout.write(`  FOUND: ${failure.message}\n  input: ${failure.input.slice(0, 4000)}\n  ${failure.replay}\n`);
    }
  } catch (error) {
    failures++;
    process.stdout.write(`  FOUND: ${(error as Error).message}\n`);
  }
}
process.stdout.write(`${total} inputs, ${failures} targets with a failure\n`);
process.exit(failures ? 1 : 0);
