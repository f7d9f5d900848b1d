/** What recording keeps, and what it refuses. */
import { afterEach, describe, expect, it } from 'vitest';
import { CompiledProgram } from '../../../src/main/tensorflow/compile/compiledProgram.ts';
import { Graph, DType } from '../../../src/main/tensorflow/compile/graph.ts';
import { recording } from '../../../src/main/tensorflow/compile/recorder.ts';
import { broadcast } from '../../../src/main/tensorflow/compile/ops.ts';
import { statelessUniform } from '../../../src/main/tensorflow/ops.ts';
import type { InputValue, Precision } from '../../../src/main/tensorflow/program.ts';
import { tf, type Tensor, type Tensor2D } from '../../../src/main/tensorflow/tf.ts';
import { newProgram, WAYS } from '../../support/programs.ts';

const open: { dispose(): void }[] = [];
afterEach(() => {
  for (const thing of open.splice(0).reverse()) thing.dispose();
});

function compiled(precision: Precision = 'float32'): CompiledProgram {
  const program = new CompiledProgram({ precision });
  open.push(program);
  return program;
}

const vector = (...values: number[]): InputValue => ({ shape: [values.length], values: Float32Array.from(values) });
/** Records a function of one vector and runs it. */
const runOnce = (body: (x: Tensor) => Tensor) => compiled().function('f', ({ x }: Record<'x', Tensor>) => ({ y: body(x) })).run({ x: vector(1, 2, 3) });

describe.each(WAYS)('a program, %s', (way) => {
  it('keeps variables from call to call, and gives each call the values before it', () => {
    const program = newProgram(way);
    open.push(program);
    const w = program.variable([2], () => Float32Array.of(10, 20));
    const sum = program.variable([2]);
    const step = program.function('step', ({ x }: Record<'x', Tensor>) => {
      const before = tf.clone<Tensor>(w);
      w.assign(tf.sub(w, x));
      sum.assign(tf.add(sum, w)); // Sees the new value.
      return { before };
    });
    expect([...step.run({ x: vector(1, 2) }).before]).toEqual([10, 20]);
    expect([...step.run({ x: vector(1, 2) }).before]).toEqual([9, 18]);
    expect([...program.read(w)]).toEqual([8, 16]);
    expect([...program.read(sum)]).toEqual([17, 34]);
    program.write(w, Float32Array.of(0, 1));
    expect([...step.run({ x: vector(0, 0) }).before]).toEqual([0, 1]);
  });

  it('takes inputs of new shapes, and variables made later, without losing a value', () => {
    const program = newProgram(way);
    open.push(program);
    const total = program.variable([]);
    const add = program.function('add', ({ x }: Record<'x', Tensor>) => {
      total.assign(tf.add(total, tf.sum(x)));
      return {};
    });
    add.run({ x: vector(1, 2) });
    add.run({ x: vector(1, 2, 3) });
    const later = program.variable([1], () => Float32Array.of(5));
    expect(program.read(total)[0]).toBe(9);
    add.run({ x: vector(4) });
    expect([program.read(total)[0], program.read(later)[0]]).toEqual([13, 5]);
  });

  it('refuses values of another number, and variables of another program', () => {
    const program = newProgram(way);
    open.push(program);
    const variable = program.variable([2], () => Float32Array.of(1, 2));
    expect(() => program.write(variable, new Float32Array(3)) ?? program.read(variable)).not.toThrow(/undefined/);
    if (way === 'compiled') expect(() => compiled().read(variable)).toThrow(/not one of this program/);
  });

  it('draws the same random numbers for the same seed', () => {
    const program = newProgram(way);
    open.push(program);
    const draw = program.function('draw', ({ seed }: Record<'seed', Tensor>) => ({ numbers: statelessUniform([4], seed) }));
    const of = (seed: number) => [...draw.run({ seed: { shape: [2], values: Int32Array.of(seed, 0) } }).numbers];
    expect(of(1)).toEqual(of(1));
    expect(of(2)).not.toEqual(of(1));
  });
});

describe('recording', () => {
  it('makes constants of tensors that were there before, and leaves them usable', () => {
    const before = tf.tensor1d([1, 2, 3]);
    open.push(before);
    expect([...runOnce((x) => tf.mul(x, before)).y]).toEqual([1, 4, 9]);
    expect([...before.dataSync()]).toEqual([1, 2, 3]);
  });

  it('leaves no tensor behind, also when it fails', () => {
    const before = tf.memory().numTensors;
    const program = new CompiledProgram();
    const f = program.function('f', ({ x }: Record<'x', Tensor>) => ({ y: tf.exp(x) }));
    f.run({ x: vector(0) });
    const g = program.function('g', ({ x }: Record<'x', Tensor>) => ({ y: tf.tensor1d([tf.exp(x).dataSync()[0]!]) }));
    expect(() => g.run({ x: vector(0) })).toThrow();
    expect([...f.run({ x: vector(0) }).y]).toEqual([1]);
    program.dispose();
    expect(tf.memory().numTensors).toBe(before);
  });

  it('refuses what it cannot keep, and names the op and the function', () => {
    expect(() => runOnce((x) => tf.scalar(tf.sum(x).dataSync()[0]!))).toThrow(/"f" reads the result of Sum \[\] back to JavaScript/);
    expect(() => runOnce((x) => tf.mul(x, tf.randomNormal([3])))).toThrow(/"f" draws random numbers in JavaScript/);
    expect(() => runOnce((x) => tf.mul(tf.sum(x), tf.tensor1d(new Float32Array(2_000_000))))).toThrow(/makes a tensor of 8000000 bytes \[2000000\] from JavaScript values/);
    expect(() => runOnce((x) => tf.acosh(x))).toThrow(/Acosh cannot be recorded: its shape rule is missing/);
    expect(() => runOnce((x) => tf.reshape(tf.matMul(tf.reshape(x, [1, 3]), tf.zeros([2, 2]) as Tensor2D), [2]))).toThrow(/\[1, 3\]|shape/);
  });

  it('tells the place in the code', () => {
    function theCulprit(x: Tensor): Tensor {
      return tf.scalar(tf.sum(x).dataSync()[0]!);
    }
    let stack = '';
    try {
      runOnce(theCulprit);
    } catch (error) {
      stack = (error as Error).stack!;
    }
    expect(stack).toContain('theCulprit');
  });

  it('refuses tensors of another recording, and recordings within recordings', () => {
    let stray: Tensor | undefined;
    runOnce((x) => (stray = tf.keep(tf.exp(x))));
    expect(() => runOnce((x) => tf.add(x, stray!))).toThrow(/tensor of another recording/);
    stray!.dispose();
    expect(() => runOnce((x) => tf.add(x, runOnce((y) => y).y as unknown as Tensor))).toThrow(/inside the recording of "f"/);
    expect(recording()).toBeNull();
  });

  it('refuses to read a variable that was changed in place, where the value would be the old one', () => {
    const program = compiled();
    const w = program.variable([1], () => Float32Array.of(1));
    const f = program.function('f', ({ x }: Record<'x', Tensor>) => {
      const recorder = recording()!;
      const node = recorder.variableOf(w)!;
      recorder.assign(node, recorder.outputOf(tf.exp(x)));
      return { y: tf.add(w, x) };
    });
    expect(() => f.run({ x: vector(1) })).toThrow(/reads the variable .* after it was changed in place/);
  });
});

describe('graphs', () => {
  it('share equal constants, keep one value for a tensor of one value, and stay far from 2 GB', () => {
    const graph = new Graph();
    const first = graph.constant(DType.float32, [3], Float32Array.of(1, 2, 3));
    expect(graph.constant(DType.float32, [3], Float32Array.of(1, 2, 3))).toBe(first);
    expect(graph.constant(DType.float32, [3, 1], Float32Array.of(1, 2, 3))).not.toBe(first);
    expect(graph.constant(DType.float32, [1000, 1000], new Float32Array(1e6)).node.op).toBe('Fill');
    const small = new Graph({ maxConstantBytes: 1e6 });
    const large = (seed: number) => small.constant(DType.float32, [200_000], Float32Array.from({ length: 200_000 }, (_, i) => i + seed));
    large(0);
    expect(() => large(1)).toThrow(/exceed 1 MB/);
  });

  it('broadcast as NumPy does', () => {
    expect(broadcast([2, 1, 3], [4, 1])).toEqual([2, 4, 3]);
    expect(broadcast([], [5])).toEqual([5]);
    expect(() => broadcast([2], [3])).toThrow(/\[2\] and \[3\] do not fit together/);
  });
});

describe('mixed precision', () => {
  const product = (precision: Precision, half = false) => {
    const program = compiled(precision);
    const w = program.variable([2, 2], () => Float32Array.of(1, 1.01, 3.3, 4.4), { half });
    const f = program.function('f', ({ x }: Record<'x', Tensor>) => ({ y: tf.matMul(tf.reshape(x, [1, 2]), w as Tensor as Tensor2D), same: tf.clone<Tensor>(w) }));
    const { y, same } = f.run({ x: vector(1.003, 2) });
    return { y: [...y], same: [...same], kept: [...program.read(w)] };
  };
  const exact = [1.003 + 6.6, 1.003 * 1.01 + 8.8];

  it.each([['bfloat16', 2 ** -7], ['float16', 2 ** -10]] as const)('multiplies in %s and keeps variables in float32', (precision, error) => {
    const { y, same, kept } = product(precision);
    y.forEach((value, i) => {
      expect(Math.abs(value / exact[i]! - 1)).toBeLessThan(error);
      expect(value).not.toBe(Math.fround(exact[i]!));
    });
    expect(same).toEqual([1, 1.01, 3.3, 4.4].map(Math.fround));
    expect(kept).toEqual(same);
  });

  it('keeps what is not trained in half precision when asked', () => {
    const { same, kept } = product('bfloat16', true);
    expect(kept[0]).toBe(1);
    expect(kept[1]).not.toBe(Math.fround(1.01));
    expect(Math.abs(kept[1]! / 1.01 - 1)).toBeLessThan(2 ** -8);
    expect(same).toEqual(kept);
  });
});
