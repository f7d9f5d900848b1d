/** The probe job: does TensorFlow work here, on what device, how fast. */
import os from 'node:os';
import { CriaError } from '../../shared/errors.ts';
import type { JobContext } from '../queue/jobContext.ts';
import type { ProbeResult } from '../../shared/results.ts';
import { findLibrary } from './library.ts';
import { backend, tensorflowVersion, tf, type Tensor2D } from './tf.ts';

const SIZE = 1024;
const ROUNDS = 10;

/** @throws CriaError `no-library` when a matrix product comes out wrong */
export function probe(_params: unknown, _context: JobContext): Promise<ProbeResult> {
  refuseWrongProduct();
  return Promise.resolve({
    tensorflow: tensorflowVersion,
    variant: findLibrary().variant,
    device: backend.isUsingGpuDevice ? 'GPU' : `CPU (${os.cpus()[0]?.model.trim() ?? 'unknown'})`,
    threads: Number(process.env.TF_NUM_INTRAOP_THREADS) || os.availableParallelism(),
    gigaflops: measureGigaflops(),
  });
}

/** A product of whole numbers has one right answer: row i of ones times i against columns of ones is i * SIZE. */
function refuseWrongProduct(): void {
  const got = tf.tidy(() => {
    const rows = tf.mul(tf.ones([64, SIZE]), tf.expandDims(tf.range(0, 64), 1)) as Tensor2D;
    return tf.matMul(rows, tf.ones([SIZE, 1]) as Tensor2D).dataSync();
  });
  if (got.every((value, i) => value === i * SIZE)) return;
  throw new CriaError('no-library', 'TensorFlow computes matrix products wrongly on this machine.', 'Remove the tensorflow-* folder in the cache and run `npm start` again.');
}

function measureGigaflops(): number {
  const a = tf.randomNormal([SIZE, SIZE]) as Tensor2D;
  const seconds: number[] = [];
  for (let round = 0; round < ROUNDS; round++) {
    const started = performance.now();
    const product = tf.matMul(a, a);
    product.dataSync();
    product.dispose();
    seconds.push((performance.now() - started) / 1000);
  }
  a.dispose();
  const median = seconds.sort((x, y) => x - y)[ROUNDS / 2]!;
  return (2 * SIZE ** 3) / median / 1e9;
}
