/** Backgrounds of one hue whose lightness falls evenly with the value (OKLCH); the number or the text on it stays readable in both themes. */
import { isDark } from '../theme.ts';

/** @param share of the strongest value, 0 to 1 */
export function heat(share: number, hue = 60): string {
  const strength = Math.min(1, Math.max(0, share));
  return isDark.value ? `oklch(${(0.24 + 0.2 * strength).toFixed(3)} ${(0.09 * strength).toFixed(3)} ${hue})` : `oklch(${(0.985 - 0.2 * strength).toFixed(3)} ${(0.1 * strength).toFixed(3)} ${hue})`;
}

/** A token as it is shown where white space matters. */
export function visible(token: string): string {
  return JSON.stringify(token).slice(1, -1).replaceAll('\\"', '"').replace(/^ +| +$/g, (spaces) => '␣'.repeat(spaces.length));
}
