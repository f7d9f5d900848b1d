/**
 * Random numbers by place instead of by turn: the same (seed, stream, epoch, index) always gives the same number, so nothing has to be
 * saved to go on after an interruption.
 */

/** Streams that must not depend on each other. */
const STREAMS = { order: 0x6f726465, offset: 0x6f666673 } as const;

/** A whole number below `limit` (at most 2^31), uniform but for a bias of limit / 2^32. */
export function counterRandom(seed: number, stream: keyof typeof STREAMS, epoch: number, index: number, limit: number): number {
  let hash = mix(STREAMS[stream]);
  // Seeds may exceed 32 bits; both halves take part.
  for (const part of [seed, Math.floor(seed / 2 ** 32), epoch, index]) hash = mix(hash ^ mix(part + 0x9e3779b9));
  return Math.floor((hash / 2 ** 32) * limit);
}

/** The finaliser of MurmurHash3: every bit of the input turns half of the output's bits. */
function mix(value: number): number {
  let hash = value | 0;
  hash = Math.imul(hash ^ (hash >>> 16), 0x85ebca6b);
  hash = Math.imul(hash ^ (hash >>> 13), 0xc2b2ae35);
  return (hash ^ (hash >>> 16)) >>> 0;
}
