/** Messages as text, for channels that carry nothing else: JSON, in which NaN and the infinities have a form of their own. */

const NON_FINITE = '\u0000number:';

export function encodeMessage(message: unknown): string {
  return JSON.stringify(message, (_key, value: unknown) => (typeof value === 'number' && !Number.isFinite(value) ? NON_FINITE + String(value) : value));
}

/** @throws SyntaxError when the text is not JSON */
export function decodeMessage(text: string): unknown {
  return JSON.parse(text, (_key, value: unknown) => (typeof value === 'string' && value.startsWith(NON_FINITE) ? Number(value.slice(NON_FINITE.length)) : value));
}
