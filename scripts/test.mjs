/**
 * `npm test`: set-up, type check, lint, layers, tfjs-core's specs, tests. Arguments are passed on to vitest, e.g. `npm test -- store`; all but the tests is
 * left out then. The last line counts what vitest ran.
 */
import { spawnSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { projectRoot } from './setup/environment.mjs';
import { SetupFailure } from './setup/failure.mjs';
import { prepare, prepareNode } from './setup/setup.mjs';

const filters = process.argv.slice(2);

/** @param {string} node @param {string[]} args @param {string} what */
function step(node, args, what) {
  process.stdout.write(`\n== ${what}\n`);
  const { status } = spawnSync(node, args, { cwd: projectRoot, stdio: 'inherit' });
  return status === 0;
}

/** @param {string} path of a program in node_modules */
const program = (path) => join(projectRoot, 'node_modules', path);

try {
  const node = await prepareNode();
  if (node !== process.execPath) {
    // The rest of set-up, and the tests, run on Cria's own Node.
    process.exit(spawnSync(node, process.argv.slice(1), { stdio: 'inherit' }).status ?? 1);
  }
  await prepare();
  const checks =
    filters.length > 0 ||
    [
      step(node, [program('typescript/bin/tsc'), '--noEmit'], 'Type check'),
      step(node, [program('eslint/bin/eslint.js'), '.'], 'Lint'),
      step(node, [program('dependency-cruiser/bin/dependency-cruise.mjs'), '--config', '.dependency-cruiser.cjs', 'src'], 'Layers'),
      step(node, [join(projectRoot, 'scripts', 'testTfjs.mjs')], "tfjs-core's specs on TensorFlow"),
    ].every(Boolean);

  const folder = mkdtempSync(join(tmpdir(), 'cria-tests-'));
  const report = join(folder, 'report.json');
  const passed = step(node, [program('vitest/vitest.mjs'), 'run', '--reporter=default', '--reporter=json', `--outputFile.json=${report}`, ...filters], 'Tests');
  /** @type {{ numPassedTests: number, numFailedTests: number, numPendingTests: number, testResults: { name: string, assertionResults: { status: string }[] }[] }} */
  const results = JSON.parse(readFileSync(report, 'utf8'));
  rmSync(folder, { recursive: true });

  const skippedFiles = results.testResults.filter((file) => file.assertionResults.some(({ status }) => status === 'skipped' || status === 'pending'));
  if (skippedFiles.length) {
    process.stdout.write(`\nSkipped for want of the reference data beside the checkout (../shared): tests in\n${skippedFiles.map((file) => `  ${file.name.slice(projectRoot.length + 1)}`).join('\n')}\n`);
  } else {
    process.stdout.write('\nThe tests on the reference data ran.\n');
  }
  if (!checks) process.stdout.write('Type check, lint, layers or tfjs-core\'s specs failed; see above.\n');
  process.stdout.write(`\n${results.numPassedTests} passed, ${results.numFailedTests} failed, ${results.numPendingTests} skipped\n`);
  process.exitCode = checks && passed && results.numPassedTests > 0 ? 0 : 1;
} catch (error) {
  if (!(error instanceof SetupFailure)) throw error;
  process.stderr.write(`\nSet-up stopped: ${error.message}\n${error.fix}\n`);
  process.exitCode = 1;
}
