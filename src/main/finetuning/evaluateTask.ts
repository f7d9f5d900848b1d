/** A classifier on a task's items: class logits, and what they are worth. */
import { setImmediate } from 'node:timers/promises';
import { binaryTable, metricOfTable } from '../evaluation/metrics.ts';
import { lengthOrder, makeBatch } from './batches.ts';
import type { ClassifierProgram } from './classifierProgram.ts';
import type { Example } from './examples.ts';

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

/** The most probable class of each example; the first of equal ones, as numpy's argmax. */
export function predictedClasses(logits: Float32Array, classes: number): Int32Array {
  return Int32Array.from({ length: logits.length / classes }, (_, i) => {
    let best = 0;
    for (let c = 1; c < classes; c++) if (logits[i * classes + c]! > logits[i * classes + best]!) best = c;
    return best;
  });
}

/** What the pipeline measures after each epoch. */
export interface TaskMetrics {
  /** Mean cross-entropy, nats per example. */
  lossNats: number;
  accuracy: number;
  /** F1 of class 1 and Matthews' correlation; null unless there are two classes. */
  f1: number | null;
  matthews: number | null;
}

export function measure(logits: Float32Array, examples: readonly Example[], classes: number): TaskMetrics {
  const labels = examples.map(({ label }) => label);
  const predicted = predictedClasses(logits, classes);
  const table = classes === 2 ? binaryTable(predicted, labels) : null;
  return {
    lossNats: labels.reduce((sum, label, i) => sum + crossEntropy(logits.subarray(i * classes, (i + 1) * classes), label), 0) / labels.length,
    accuracy: labels.filter((label, i) => predicted[i] === label).length / labels.length,
    f1: table && metricOfTable('f1', table),
    matthews: table && metricOfTable('matthews', table),
  };
}

/** -log softmax(logits)[label] in float64. */
function crossEntropy(logits: Float32Array, label: number): number {
  const largest = Math.max(...logits);
  return largest + Math.log(logits.reduce((sum, value) => sum + Math.exp(value - largest), 0)) - logits[label]!;
}
