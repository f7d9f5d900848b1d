/** Messages as text, for channels that carry nothing else: JSON, in which NaN and the infinities have a form of their own. */

const NON_FINITE = '\u0000number:';
/** The same as it stands in JSON text. */
const NON_FINITE_TEXT = '\\u0000number:';

export function encodeMessage(message: unknown): string {
  return JSON.stringify(message, (_key, value: unknown) => (typeof value === 'number' && !Number.isFinite(value) ? NON_FINITE + String(value) : value));
}

/** @throws SyntaxError when the text is not JSON */
export function decodeMessage(text: string): unknown {
  // Looking at every value by hand takes several times as long, and most messages have nothing of the kind.
  if (!text.includes(NON_FINITE_TEXT)) return JSON.parse(text);
  return JSON.parse(text, (_key, value: unknown) => (typeof value === 'string' && value.startsWith(NON_FINITE) ? Number(value.slice(NON_FINITE.length)) : value));
}
