/** Inputs for fuzzing: files and messages that are right, spoilt a little. fast-check draws them, so that a failure shrinks and can be repeated. */
import fc from 'fast-check';

/** Numbers that sizes, offsets and counts go wrong at. */
const NUMBERS = [-1, 0, 1, 127, 128, 255, 256, 65_535, 65_536, 2 ** 24, 2 ** 31 - 1, 2 ** 31, 2 ** 32, 2 ** 53 - 1, 2 ** 53, 2 ** 60, 2 ** 63, 1e308, -0, 0.5, NaN, Infinity, -Infinity];
const WORDS = ['', ' ', '\0', '\n', '..', '../../x', '/etc/passwd', '__proto__', 'constructor', 'prototype', 'toString', 'null', 'NaN', '-', '*', '%', '\ud800', '\u2028', 'é', '𝔘', 'x'.repeat(5000)];

/** Values to put in the place of others in JSON. */
const hostileValue: fc.Arbitrary<unknown> = fc.oneof(
  fc.constantFrom<unknown>(null, true, false, [], {}, [[]], [null], nest(500, (inner) => [inner]), nest(500, (inner) => ({ a: inner }))),
  fc.constantFrom(...NUMBERS),
  fc.constantFrom(...WORDS),
  fc.integer(),
  fc.string(),
  fc.constantFrom(1, 2, 3).map((power) => Array.from({ length: 10 ** power }, (_, i) => i)),
);

function nest(depth: number, wrap: (inner: unknown) => unknown): unknown {
  let value: unknown = 0;
  for (let i = 0; i < depth; i++) value = wrap(value);
  return value;
}

type Change = { kind: number; at: number; length: number; value: number; word: string };
const change: fc.Arbitrary<Change> = fc.record({
  kind: fc.nat(7),
  at: fc.double({ min: 0, max: 1, noNaN: true }),
  length: fc.oneof({ weight: 4, arbitrary: fc.nat(16) }, { weight: 1, arbitrary: fc.nat(4096) }),
  value: fc.nat(255),
  word: fc.constantFrom(...WORDS),
});

/** Right inputs with some bytes changed, taken out, repeated or put in; sometimes bytes of no origin at all. */
export function spoiltBytes(seeds: readonly Uint8Array[], dictionary: readonly string[] = []): fc.Arbitrary<Uint8Array> {
  const mutated = fc.tuple(fc.nat(seeds.length - 1), fc.array(change, { maxLength: 6 }), fc.nat(Math.max(0, dictionary.length - 1))).map(([seed, changes, entry]) => {
    let bytes: Uint8Array = seeds[seed]!;
    for (const each of changes) bytes = apply(bytes, each, dictionary[entry] ?? each.word);
    return bytes.subarray(0, MAX_BYTES);
  });
  return fc.oneof({ weight: 12, arbitrary: mutated }, { weight: 1, arbitrary: fc.uint8Array({ maxLength: 256 }) });
}

/** Bytes of an input; larger ones are tests of their own (tests/unit/security). */
export const MAX_BYTES = 1 << 17;

function apply(bytes: Uint8Array, { kind, at, length, value, word }: Change, entry: string): Uint8Array {
  const start = Math.floor(at * bytes.length);
  const [before, part, after] = [bytes.subarray(0, start), bytes.subarray(start, start + length), bytes.subarray(start + length)];
  switch (kind) {
    case 0: // One byte set.
      return Buffer.concat([before, Uint8Array.of(value), bytes.subarray(start + 1)]);
    case 1: // One bit flipped.
      return Buffer.concat([before, Uint8Array.of((bytes[start] ?? 0) ^ (1 << (value % 8))), bytes.subarray(start + 1)]);
    case 2: // A stretch taken out.
      return Buffer.concat([before, after]);
    case 3: // A stretch repeated.
      return Buffer.concat([before, ...Array<Uint8Array>(2 + (value % 16)).fill(part), after]);
    case 4: // A word put in.
      return Buffer.concat([before, Buffer.from(value % 2 ? entry : word), bytes.subarray(start)]);
    case 5: // Cut short.
      return before;
    case 6: { // A number in binary, as sizes and offsets are written.
      const number = Buffer.alloc(8);
      number.writeBigUInt64LE(BigInt.asUintN(64, BigInt(Math.trunc(Number.isFinite(NUMBERS[value % NUMBERS.length]!) ? NUMBERS[value % NUMBERS.length]! : 0))));
      return Buffer.concat([before, number.subarray(0, [1, 2, 4, 8][length % 4]), bytes.subarray(start + [1, 2, 4, 8][length % 4]!)]);
    }
    default: // A number in text.
      return Buffer.concat([before, Buffer.from(String(NUMBERS[value % NUMBERS.length])), bytes.subarray(start + (length % 8))]);
  }
}

/** Right values with some of their parts replaced, taken out or added, however deep. */
export function spoiltJson(seeds: readonly unknown[]): fc.Arbitrary<unknown> {
  const edit = fc.record({ path: fc.array(fc.nat(40), { maxLength: 6 }), value: hostileValue, how: fc.nat(3) });
  return fc.tuple(fc.nat(seeds.length - 1), fc.array(edit, { maxLength: 4 })).map(([seed, edits]) => {
    let value: unknown = structuredClone(seeds[seed]);
    for (const { path, value: put, how } of edits) value = edited(value, path, put, how);
    return value;
  });
}

function edited(value: unknown, path: readonly number[], put: unknown, how: number): unknown {
  const [head, ...rest] = path;
  if (value === null || typeof value !== 'object' || head === undefined) return put;
  const keys = Object.keys(value);
  const key = keys[head % Math.max(1, keys.length)];
  if (Array.isArray(value)) {
    const copy = [...(value as unknown[])];
    if (key === undefined || (rest.length === 0 && how === 1)) copy.push(put);
    else if (rest.length === 0 && how === 2) copy.splice(Number(key), 1);
    else copy[Number(key)] = edited(copy[Number(key)], rest, put, how);
    return copy;
  }
  const copy: Record<string, unknown> = { ...value };
  if (key === undefined || (rest.length === 0 && how === 1)) Object.defineProperty(copy, WORDS[head % WORDS.length]!, { value: put, enumerable: true, configurable: true, writable: true });
  else if (rest.length === 0 && how === 2) delete copy[key];
  else copy[key] = edited(copy[key], rest, put, how);
  return copy;
}
