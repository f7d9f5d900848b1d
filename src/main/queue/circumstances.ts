/** What a run is computed with and on, so that any number leads back to it. Found without loading TensorFlow. */
import os from 'node:os';
import { findLibrary } from '../tensorflow/library.ts';
import { VERSION } from '../version.ts';

export function circumstances(): { versions: Record<string, string>; device: string } {
  const processor = `${os.cpus()[0]?.model.trim() ?? 'unknown processor'}, ${os.availableParallelism()} threads`;
  const own = { cria: VERSION, node: process.versions.node };
  try {
    const { version, variant } = findLibrary();
    return { versions: { ...own, tensorflow: version }, device: variant === 'gpu' ? `GPU, ${processor}` : processor };
  } catch {
    // The job will say that set-up is missing, if it needs the library at all.
    return { versions: own, device: processor };
  }
}
