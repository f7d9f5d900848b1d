/**
 * Runs tfjs-core's own published specs on the TensorFlow library that set-up provides, less those that tfjs-node's authors ignore. Specs
 * share one engine, and some stumble over what their neighbour left in it; one that fails is run once more, alone, and that counts. Fails
 * when a spec fails that is not known to, or when far fewer ran than there are.
 */
import { spawnSync } from 'node:child_process';
import { readFileSync, rmSync, writeFileSync, mkdtempSync } from 'node:fs';
import { createRequire } from 'node:module';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { build } from 'esbuild';
import Jasmine from 'jasmine';
import { manifestPath, projectRoot } from './setup/environment.mjs';

/**
 * On TensorFlow 2.21: rounding whole numbers is refused there, as it has no effect; and dilated depthwise gradients are refused in
 * TensorFlow's words instead of tfjs's (tfjs-node's list means to leave them out, but spells depthwiseConv2D with another D).
 */
const KNOWN_FAILURES = [/^round .*int32/, /^depthwiseConv2d gradients .*dilations > 1/];
const EXPECTED_SPECS = 3400;

/** Names of the only specs to run; none: all. */
const only = process.argv.slice(2);

const packages = join(projectRoot, 'node_modules', '@tensorflow');
const { binding } = JSON.parse(readFileSync(manifestPath(), 'utf8'));

/** Read from tfjs-node's own test runner, as it is published. */
function ignored() {
  const runner = readFileSync(join(packages, 'tfjs-node-gpu', 'src', 'run_tests.ts'), 'utf8');
  const list = /const IGNORE_LIST[^=]*=\s*(\[[^]*?\n\]);/.exec(runner)?.[1];
  if (!list) throw new Error('the ignore list of tfjs-node was not found');
  return Function(`return ${list}`)();
}

/** @param {string} name */
function passesAlone(name) {
  return spawnSync(process.execPath, [fileURLToPath(import.meta.url), name], { stdio: 'ignore' }).status === 0;
}

/**
 * tfjs-node's backend is compiled to ES5 and calls its base class as a function; tfjs-core's modules, which its specs import, are
 * real classes and refuse that.
 */
const callBaseClass = {
  name: 'call-base-class',
  /** @param {import('esbuild').PluginBuild} build */
  setup({ onLoad }) {
    onLoad({ filter: /tfjs-node-gpu.dist.nodejs_kernel_backend\.js$/ }, ({ path }) => {
      const source = readFileSync(path, 'utf8');
      const call = '_super.call(this) || this';
      if (!source.includes(call)) throw new Error('the constructor of NodeJSKernelBackend is not what it was');
      return { contents: source.replace(call, 'Reflect.construct(_super, [], new.target)') };
    });
  },
};

const folder = mkdtempSync(join(tmpdir(), 'cria-tfjs-'));
try {
  const entry = join(folder, 'entry.mjs');
  // One bundle, so that specs and backend share one tfjs-core.
  writeFileSync(entry, `
    import util from 'node:util';
    util.isNullOrUndefined = (value) => value === null || value === undefined;
    util.isArray = Array.isArray;
    import '@tensorflow/tfjs-node-gpu/dist/register_all_kernels';
    import * as tf from '@tensorflow/tfjs';
    import { NodeJSKernelBackend } from '@tensorflow/tfjs-node-gpu/dist/nodejs_kernel_backend';
    import '@tensorflow/tfjs-core/dist/public/chained_ops/register_all_chained_ops';
    import '@tensorflow/tfjs-core/dist/register_all_gradients';
    import { setTestEnvs } from '@tensorflow/tfjs-core/dist/jasmine_util';
    tf.registerBackend('tensorflow', () => new NodeJSKernelBackend(globalThis.criaBinding, '@tensorflow/tfjs-node-gpu'), 3);
    tf.setBackend('tensorflow');
    // The engine would quietly fall back to plain JavaScript, and the specs would pass without TensorFlow.
    if (tf.backend().binding !== globalThis.criaBinding) throw new Error('TensorFlow is not the backend in use');
    setTestEnvs([{ name: 'test-tensorflow', backendName: 'tensorflow', flags: {}, isDataSync: true }]);
  `);
  const specs = join(folder, 'specs.mjs');
  writeFileSync(specs, `import './entry.mjs'; import '@tensorflow/tfjs-core/dist/tests';`);
  const bundle = join(folder, 'bundle.cjs');
  await build({
    entryPoints: [specs], outfile: bundle, bundle: true, platform: 'node', format: 'cjs', logLevel: 'error', mainFields: ['module', 'main'],
    ignoreAnnotations: true, // The package declares its specs free of side effects, and they would be dropped.
    plugins: [callBaseClass], nodePaths: [join(projectRoot, 'node_modules')], external: ['string_decoder', 'node-fetch'],
  });

  globalThis.criaBinding = createRequire(import.meta.url)(binding);
  const jasmine = new Jasmine();
  jasmine.exitOnCompletion = false;
  const ignore = ignored();
  jasmine.env.configure({ random: false, specFilter: (spec) => (only.length ? only.includes(spec.getFullName()) : !ignore.some((text) => spec.getFullName().includes(text))) });
  let passed = 0;
  const failures = new Map();
  jasmine.clearReporters();
  jasmine.addReporter({
    specDone({ status, fullName, failedExpectations }) {
      if (status === 'passed') passed++;
      if (status === 'failed') failures.set(fullName, failedExpectations[0]?.message ?? '');
    },
  });
  jasmine.specDir = folder;
  jasmine.addSpecFile(bundle);
  // The specs exercise warnings and deprecations by the hundred.
  for (const method of ['warn', 'log', 'info']) console[method] = () => {};
  await jasmine.execute();
  const known = [...failures.keys()].filter((name) => KNOWN_FAILURES.some((pattern) => pattern.test(name)));
  const unknown = [...failures.keys()].filter((name) => !known.includes(name));
  const failed = only.length ? unknown : unknown.filter((name) => !passesAlone(name));
  for (const name of failed) process.stdout.write(`FAILED ${name}\n  ${failures.get(name)}\n`);
  if (!only.length) {
    const total = passed + failures.size;
    process.stdout.write(`tfjs-core's specs on TensorFlow: ${total - known.length - failed.length} passed (${unknown.length - failed.length} of them only when run alone), ${failed.length} failed, ${known.length} known to fail\n`);
    if (total < EXPECTED_SPECS) process.stdout.write(`Only ${total} specs ran; at least ${EXPECTED_SPECS} should.\n`);
    process.exitCode = failed.length > 0 || total < EXPECTED_SPECS ? 1 : 0;
  } else {
    process.exitCode = passed === only.length ? 0 : 1;
  }
} finally {
  rmSync(folder, { recursive: true, force: true });
}
