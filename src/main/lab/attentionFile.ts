/** Attention maps on disk: a safetensors file per model with one tensor [A, T, T] per layer, so that a layer is read without the others. */
import { CriaError } from '../../shared/errors.ts';
import { SafetensorsFile, writeSafetensors } from '../models/safetensors.ts';

const layerName = (layer: number) => `layer.${layer}`;

/** @param model its place among the inspected ones */
export const attentionFile = (model: number) => `attention-${model}.safetensors`;

/** @param layers weights of each layer, [A, T, T] */
export function writeAttention(path: string, layers: readonly { shape: number[]; values: Float32Array }[]): void {
  writeSafetensors(path, new Map(layers.map(({ shape, values }, layer) => [layerName(layer), { shape, values: () => values }])), {});
}

/** @throws CriaError `not-found` when the model has no such layer */
export function readAttention(path: string, layer: number): number[][][] {
  const file = new SafetensorsFile(path);
  try {
    const entry = file.tensors.get(layerName(layer));
    if (!entry) throw new CriaError('not-found', `The model has no layer ${layer}.`, `It has ${file.tensors.size}, counted from 0.`);
    const values = file.readFloats(layerName(layer));
    const [heads, length] = entry.shape as [number, number, number];
    const row = (start: number) => Array.from(values.subarray(start, start + length), (value) => Math.round(value * 1e4) / 1e4);
    return Array.from({ length: heads }, (_, head) => Array.from({ length }, (__, position) => row((head * length + position) * length)));
  } finally {
    file.close();
  }
}
