/** A metric's series in memory: smoothing and thinning over plain arrays. */

export interface Series {
  /** Ascending. */
  steps: Float64Array;
  /** One per step; may be NaN or infinite. */
  values: Float64Array;
}

/**
 * Exponential mean with Adam's correction for its start (Kingma and Ba 2015), so that the first values do not pull towards 0. Where a
 * value is not finite the mean passes it over and is NaN itself.
 * @param weight of the past, in [0, 1)
 */
export function smooth(values: Float64Array, weight: number): Float64Array {
  const smoothed = new Float64Array(values.length);
  let mean = 0;
  let unseen = 1;
  for (let i = 0; i < values.length; i++) {
    const value = values[i]!;
    if (!Number.isFinite(value)) {
      smoothed[i] = NaN;
      continue;
    }
    mean = weight * mean + (1 - weight) * value;
    unseen *= weight;
    smoothed[i] = mean / (1 - unseen);
  }
  return smoothed;
}

/** Index of the first step that is not below `step`. */
export function lowerBound(steps: Float64Array, step: number): number {
  let [low, high] = [0, steps.length];
  while (low < high) {
    const middle = (low + high) >>> 1;
    if (steps[middle]! < step) low = middle + 1;
    else high = middle;
  }
  return low;
}

/**
 * Which of the points from `from` up to `to` (excluded) to show, at most about maxPoints, ascending: the smallest and the largest value of
 * each of maxPoints / 2 stretches, the ends, and all that is not finite, so that no extreme is ever hidden.
 */
export function thin(values: Float64Array, from: number, to: number, maxPoints: number): number[] {
  const count = to - from;
  if (count <= maxPoints) return Array.from({ length: Math.max(0, count) }, (_, i) => from + i);
  const stretches = Math.max(1, Math.floor((maxPoints - 2) / 2));
  const kept: number[] = [from];
  const keep = (index: number) => {
    if (kept[kept.length - 1] !== index) kept.push(index);
  };
  for (let stretch = 0; stretch < stretches; stretch++) {
    const [start, end] = [from + Math.floor((stretch * count) / stretches), from + Math.floor(((stretch + 1) * count) / stretches)];
    let smallest = -1;
    let largest = -1;
    const odd: number[] = [];
    for (let i = start; i < end; i++) {
      const value = values[i]!;
      if (!Number.isFinite(value)) odd.push(i);
      else {
        if (smallest < 0 || value < values[smallest]!) smallest = i;
        if (largest < 0 || value > values[largest]!) largest = i;
      }
    }
    for (const index of [...new Set([...odd, smallest, largest])].filter((each) => each >= 0).sort((a, b) => a - b)) keep(index);
  }
  keep(to - 1);
  return kept;
}
