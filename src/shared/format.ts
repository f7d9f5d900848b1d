/** Numbers as people read them, in the terminal and in the window. */

/** "2 h 14 min", "3 min 5 s", "12 s". */
export function formatDuration(seconds: number): string {
  const whole = Math.max(0, Math.round(seconds));
  if (whole < 60) return `${whole} s`;
  if (whole < 3600) return `${Math.floor(whole / 60)} min ${whole % 60} s`;
  return `${Math.floor(whole / 3600)} h ${Math.floor((whole % 3600) / 60)} min`;
}

/** Thousands separated; bytes in the unit that fits. */
export function formatQuantity(value: number, unit: string): string {
  if (unit !== 'bytes') return formatInteger(value);
  for (const [size, name] of [[1e9, 'GB'], [1e6, 'MB'], [1e3, 'kB']] as const) {
    if (value >= size) return `${(value / size).toFixed(1)} ${name}`;
  }
  return `${value} B`;
}

export function formatInteger(value: number): string {
  return Math.round(value).toLocaleString('en-US');
}

/** "0.72M", "58.4M", "1.20B": as papers name models. */
export function formatParameters(count: number): string {
  if (count >= 1e9) return `${(count / 1e9).toFixed(2)}B`;
  if (count >= 1e7) return `${(count / 1e6).toFixed(1)}M`;
  return `${(count / 1e6).toFixed(2)}M`;
}

/** Four significant digits, as losses are read. */
export function formatLoss(value: number | null): string {
  return value === null ? '–' : Number.isFinite(value) ? value.toPrecision(4) : String(value);
}

/** "81.3 ± 1.9" in percent; the larger side of an interval that is not symmetric. */
export function formatAccuracy(accuracy: number, low: number, high: number): string {
  return `${(100 * accuracy).toFixed(1)} ± ${(100 * Math.max(accuracy - low, high - accuracy)).toFixed(1)}`;
}
