/** Numbers as people read them, in the terminal and in the window. */

// Made once: making one takes longer than a thousand numbers, and a list shows hundreds.
const INTEGER = new Intl.NumberFormat('en-US', { maximumFractionDigits: 0 });
const DATE = new Intl.DateTimeFormat('en-GB', { day: 'numeric', month: 'short', year: 'numeric', hour: '2-digit', minute: '2-digit' });
const CLOCK = new Intl.DateTimeFormat('en-GB', { timeStyle: 'medium' });

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
  return INTEGER.format(Math.round(value));
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

/** "81.3 %". */
export function formatPercent(share: number | null): string {
  return share === null ? '–' : `${(100 * share).toFixed(1)} %`;
}

/** With a true minus, and a plus where it is none: "+1.2", "−0.3". */
export function formatSigned(value: number, digits = 1): string {
  return `${value < 0 ? '−' : '+'}${Math.abs(value).toFixed(digits)}`;
}

/** "just now", "5 min ago", "3 h ago", then the date. */
export function formatAgo(time: number, now: number): string {
  const seconds = Math.max(0, (now - time) / 1000);
  if (seconds < 60) return 'just now';
  if (seconds < 3600) return `${Math.floor(seconds / 60)} min ago`;
  if (seconds < 86_400) return `${Math.floor(seconds / 3600)} h ago`;
  return formatDate(time);
}

/** "24 Nov 2026, 14:05". */
export function formatDate(time: number): string {
  return DATE.format(time);
}

/** "14:05:09". */
export function formatClock(time: number): string {
  return CLOCK.format(time);
}

/** Short forms for axes and cells: "12,345", "1.2M", "0.00042". */
export function formatCompact(value: number): string {
  if (!Number.isFinite(value)) return String(value);
  const size = Math.abs(value);
  if (size >= 1e9) return `${trim(value / 1e9)}B`;
  if (size >= 1e6) return `${trim(value / 1e6)}M`;
  if (size >= 1e4) return `${trim(value / 1e3)}k`;
  if (Number.isInteger(value)) return formatInteger(value);
  if (size < 1e-3) return value.toExponential(2).replace('e-', 'e−');
  return String(Number(value.toPrecision(4)));
}

function trim(value: number): string {
  return String(Number(value.toPrecision(4)));
}
