/** node:timers/promises as the shell uses it, on Node 12, which lacks it. */
export function setTimeout<T>(delayMs: number, value?: T): Promise<T | undefined> {
  return new Promise((resolve) => globalThis.setTimeout(() => resolve(value), delayMs));
}
