/**
 * Steps: tfjs-node's own C++ binding, compiled unchanged against the library, and a check that both work. The check's manifest is what the
 * rest of Cria goes by, so nothing that was not seen to multiply two matrices is ever used.
 */
import { createHash } from 'node:crypto';
import { existsSync, mkdirSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { lastWords, runCommand } from './command.mjs';
import { cacheFolder, manifestPath, projectRoot } from './environment.mjs';
import { diskFull, SetupFailure } from './failure.mjs';
import { nodePath } from './node.mjs';
import { tensorflowFolder, variant } from './tensorflow.mjs';

/** @typedef {import('./command.mjs').Context} Context */

const sources = () => join(projectRoot, 'node_modules', '@tensorflow', 'tfjs-node-gpu', 'binding');
const LIBRARIES = ['libtensorflow_cc.so.2', 'libtensorflow_framework.so.2'];

/** Keyed by what it was compiled from and links to. */
function bindingPath() {
  const hash = createHash('sha256').update(tensorflowFolder());
  for (const file of ['tfjs_backend.cc', 'tfjs_binding.cc', 'tfjs_backend.h']) hash.update(readFileSync(join(sources(), file)));
  return join(cacheFolder(), 'bindings', `tfjs-${hash.digest('hex').slice(0, 16)}.node`);
}

export const bindingStep = {
  name: 'Binding to TensorFlow',
  isDone: () => existsSync(bindingPath()),
  /** @param {Context} context */
  async run({ signal }) {
    const target = bindingPath();
    const tensorflow = tensorflowFolder();
    mkdirSync(join(cacheFolder(), 'bindings'), { recursive: true });
    const work = `${target}.${process.pid}.tmp`;
    const args = [
      '-O2', '-std=c++17', '-fPIC', '-shared', '-DNAPI_VERSION=8',
      '-I', join(projectRoot, 'node_modules', 'node-api-headers', 'include'), '-I', join(tensorflow, 'include'),
      join(sources(), 'tfjs_backend.cc'), join(sources(), 'tfjs_binding.cc'), '-o', work,
      ...LIBRARIES.map((library) => join(tensorflow, library)), `-Wl,-rpath,${tensorflow}`,
    ];
    const { code, output } = await runCommand('g++', args, { signal }).catch(() => {
      throw new SetupFailure('No C++ compiler (g++) was found.', 'Install one (Debian, Ubuntu: sudo apt install g++) and run it again.');
    });
    if (code !== 0) {
      rmSync(work, { force: true });
      if (/No space left/.test(output)) throw diskFull('Compiling the binding');
      throw new SetupFailure(`The binding to TensorFlow could not be compiled: ${lastWords(output)}`, 'g++ 9 or newer is needed; if yours is, please report this with the message.');
    }
    renameSync(work, target);
  },
};

export const checkStep = {
  name: 'Check of TensorFlow',
  isDone() {
    try {
      const manifest = JSON.parse(readFileSync(manifestPath(), 'utf8'));
      return manifest.binding === bindingPath() && existsSync(manifest.binding) && existsSync(join(manifest.library, LIBRARIES[0]));
    } catch {
      return false;
    }
  },
  /** @param {Context} context */
  async run({ signal }) {
    const manifest = { binding: bindingPath(), library: tensorflowFolder(), version: '', variant: process.env.CRIA_TENSORFLOW ? 'cpu' : variant() };
    const script = fileURLToPath(new URL('./check.cjs', import.meta.url));
    const { code, output } = await runCommand(nodePath(), [script, manifest.binding, projectRoot], { signal, env: { ...process.env, TF_CPP_MIN_LOG_LEVEL: '2' } });
    const version = /^TensorFlow (\S+) works$/m.exec(output)?.[1];
    if (code !== 0 || !version) throw loadFailure(output);
    const work = `${manifestPath()}.${process.pid}.tmp`;
    writeFileSync(work, `${JSON.stringify({ ...manifest, version }, null, 2)}\n`);
    renameSync(work, manifestPath());
  },
};

/** @param {string} output */
function loadFailure(output) {
  const missing = /version [`']?(GLIBC\S*|GLIBCXX\S*|CXXABI\S*?)'? not found/.exec(output)?.[1];
  if (missing) return new SetupFailure(`TensorFlow's library needs ${missing}, which this system does not have.`, 'Use a newer Linux (Debian 11, Ubuntu 20.04 or later).');
  const library = /(\S+\.so\S*): cannot open shared object file/.exec(output)?.[1];
  if (library) return new SetupFailure(`TensorFlow's library cannot be loaded: ${library} is missing.`, `Install the package of your system that has ${library}, and run it again.`);
  return new SetupFailure(`TensorFlow's library does not work here: ${lastWords(output)}`, 'It needs a processor with AVX. Otherwise remove the tensorflow-* folder in the cache and run it again.');
}
