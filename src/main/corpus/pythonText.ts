/**
 * Python's notions of text where they differ from JavaScript's. The reference cleaner is Python, so these decide what
 * "white space", "a line" and "capitalised" mean. Checked against CPython over all code points; the two languages may carry
 * different versions of Unicode, which matters only for characters newer than the older of them.
 */

/** Inside of a character class: what str.isspace, str.strip and the regular expression \s mean by white space. */
export const PYTHON_SPACE = '\\t-\\r\\x1c-\\x20\\x85\\xa0\\u1680\\u2000-\\u200a\\u2028\\u2029\\u202f\\u205f\\u3000';

/** Inside of a character class: the regular expression \w on str. Combining marks are not in it. */
export const PYTHON_WORD = '\\p{L}\\p{N}_';

/** Where str.splitlines ends a line. */
export const PYTHON_LINE_END = '\\r\\n|[\\n-\\r\\x1c-\\x1e\\x85\\u2028\\u2029]';

const LEADING_SPACE = new RegExp(`^[${PYTHON_SPACE}]+`);
const SPACE = new RegExp(`[${PYTHON_SPACE}]`);

/** str.strip(). */
export function strip(text: string): string {
  let end = text.length;
  // A loop, because a regular expression anchored only at the end takes quadratic time on long runs inside a line.
  while (end > 0 && SPACE.test(text[end - 1]!)) end--;
  return text.slice(0, end).replace(LEADING_SPACE, '');
}

/** str.capitalize(): the first character in title case, the rest in lower case, both by Unicode's full mappings. */
export function capitalize(text: string): string {
  const first = String.fromCodePoint(text.codePointAt(0) ?? 0);
  if (text.length === 0) return '';
  // The whole text is lowered, not just its rest, because the form of a final sigma depends on what stands before it.
  return titleCase(first) + text.toLowerCase().slice(first.toLowerCase().length);
}

/** The digraphs that have a title-case form of their own. */
const DIGRAPHS: Record<string, string> = {
  Ǆ: 'ǅ', ǆ: 'ǅ', Ǉ: 'ǈ', ǉ: 'ǈ', Ǌ: 'ǋ', ǌ: 'ǋ', Ǳ: 'ǲ', ǳ: 'ǲ',
};
/** Letters that are their own title case though they have an upper case (or none): title-case letters and Georgian. */
const OWN_TITLE_CASE = /^[\p{Lt}\u10d0-\u10fa\u10fd-\u10ff]$/u;
/** Ligatures and ß: only the first letter of their upper case stays upper. */
const LIGATURES = /^[\xdf\u0587\ufb00-\ufb06\ufb13-\ufb17]$/;
const IOTA_SUBSCRIPT = /^[\u1f80-\u1fff]$/;

/** Unicode's full title-case mapping of one character, which JavaScript has no function for. */
function titleCase(character: string): string {
  if (OWN_TITLE_CASE.test(character)) return character;
  const upper = character.toUpperCase();
  if (LIGATURES.test(character)) return upper[0]! + upper.slice(1).toLowerCase();
  if (IOTA_SUBSCRIPT.test(character) && upper.length > 1 && upper.endsWith('Ι')) {
    // Upper case writes the iota out; title case keeps it below the letter.
    return `${upper.slice(0, -1)}\u0345`.normalize('NFC');
  }
  return DIGRAPHS[character] ?? upper;
}

/** len(text): code points, not UTF-16 units. */
export function codePoints(text: string): number {
  let count = text.length;
  for (let i = 0; i < text.length; i++) {
    if ((text.charCodeAt(i) & 0xfc00) === 0xdc00) count--;
  }
  return count;
}
