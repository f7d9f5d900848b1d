/** A classifier on a task's items: class logits, and what they are worth. */
import { setImmediate } from 'node:timers/promises';
import { lengthOrder, makeBatch } from './batches.ts';
import type { ClassifierProgram } from './classifierProgram.ts';
import type { Example } from './examples.ts';
import { accuracy, argmax, confusionMatrix, f1, matthews } from './metrics.ts';

export interface BatchShape {
  /** Rows of every batch. */
  rows: number;
  padId: number;
  maxLength: number;
}

/** Class logits of examples, [examples * classes] in their order. @param onProgress is told how many are done */
export async function classLogits(program: ClassifierProgram, examples: readonly Example[], shape: BatchShape, onProgress?: (done: number) => void): Promise<Float32Array> {
  const { classes } = program.classifier;
  const logits = new Float32Array(examples.length * classes);
  const order = lengthOrder(examples);
  for (let start = 0; start < order.length; start += shape.rows) {
    const chosen = order.slice(start, start + shape.rows);
    const values = program.predict(makeBatch(chosen.map((index) => examples[index]!), shape));
    chosen.forEach((index, row) => logits.set(values.subarray(row * classes, (row + 1) * classes), index * classes));
    onProgress?.(start + chosen.length);
    await setImmediate(); // Lets a request to stop arrive.
  }
  return logits;
}

/** The most probable class of each example. */
export function predictedClasses(logits: Float32Array, classes: number): Int32Array {
  return Int32Array.from({ length: logits.length / classes }, (_, i) => argmax(logits, i * classes, classes));
}

/** What the pipeline measures after each epoch; F1 is of class 1, null unless there are two classes. */
export interface TaskMetrics {
  /** Mean cross-entropy, nats per example. */
  lossNats: number;
  accuracy: number;
  f1: number | null;
  matthews: number;
}

export function measure(logits: Float32Array, examples: readonly Example[], classes: number): TaskMetrics {
  const labels = examples.map(({ label }) => label);
  const confusion = confusionMatrix(labels, predictedClasses(logits, classes), classes);
  return {
    lossNats: labels.reduce((sum, label, i) => sum + crossEntropy(logits.subarray(i * classes, (i + 1) * classes), label), 0) / labels.length,
    accuracy: accuracy(confusion),
    f1: classes === 2 ? f1(confusion) : null,
    matthews: matthews(confusion),
  };
}

/** -log softmax(logits)[label] in float64. */
function crossEntropy(logits: Float32Array, label: number): number {
  const largest = Math.max(...logits);
  return largest + Math.log(logits.reduce((sum, value) => sum + Math.exp(value - largest), 0)) - logits[label]!;
}
