/**
 * The byte-level alphabet of GPT-2 and its way to cut text into words, as Hugging Face's `ByteLevel` pre-tokenizer does both.
 * Every byte has one printable symbol, so that a vocabulary can be written as text.
 */
import { byteLevelPreTokenizer, nfkcNormalizer } from 'tokenizers';

/** White space as the regular expressions of Rust and Oniguruma mean it; JavaScript's \s lacks U+0085 and adds U+FEFF. */
const SPACE = '\\p{White_Space}';

const WORD = new RegExp(`'s|'t|'re|'ve|'m|'ll|'d| ?\\p{L}+| ?\\p{N}+| ?[^${SPACE}\\p{L}\\p{N}]+|${SPACE}+(?![^${SPACE}])|${SPACE}+`, 'gu');

/** Symbol of each byte: printable Latin-1 characters stand for themselves, the others for U+0100 and up, in order. */
export const BYTE_SYMBOLS: readonly string[] = byteSymbols();

function byteSymbols(): string[] {
  let next = 0x100;
  return Array.from({ length: 256 }, (_, byte) => {
    const printable = (byte >= 0x21 && byte <= 0x7e) || (byte >= 0xa1 && byte <= 0xac) || byte >= 0xae;
    return String.fromCodePoint(printable ? byte : next++);
  });
}

/**
 * Characters on which the versions of Unicode in use agree: their classes and their NFKC, alone and together. Hugging Face's
 * libraries carry other tables than this JavaScript, so what stands near any other character is given to those libraries.
 * Latin, Greek, Cyrillic, punctuation and symbols, kana, Han, Hangul, full-width forms, emoji.
 */
const SETTLED = new RegExp(
  '^[\\0-\\u04ff\\u1100-\\u11ff\\u1e00-\\u1fff\\u2000-\\u2064\\u20a0-\\u20bf\\u2100-\\u218b\\u2190-\\u23fe\\u2460-\\u27bf\\u3000-\\u30ff' +
    '\\u3400-\\u4db5\\u4e00-\\u9fea\\uac00-\\ud7a3\\ufe00-\\ufe0f\\uff01-\\uffee\\u{1f300}-\\u{1faff}]*$',
  'u',
);

const NOT_ASCII = /[^\p{ASCII}]/u;
const libraryNfkc = nfkcNormalizer();
const libraryWords = byteLevelPreTokenizer(false, true);

/**
 * Normalises a text by NFKC and cuts it into words, as training by the recipe does with each line.
 *
 * @param prefixSpace put a space before the first word unless the text starts with an ASCII space (or is empty)
 * @returns the words as text, not as byte symbols; together they are the normalised text
 */
export function normalizedWords(text: string, prefixSpace: boolean): string[] {
  if (SETTLED.test(text)) return withPrefix(normalize(text), prefixSpace).match(WORD) ?? [];
  const words: string[] = [];
  // Only the surroundings of a rare character take the slow way.
  for (const piece of safePieces(text, 200)) {
    if (SETTLED.test(piece)) {
      for (const [word] of withPrefix(normalize(piece), prefixSpace).matchAll(WORD)) words.push(word);
    } else {
      const normalized = withPrefix(libraryNfkc.normalizeString(piece), prefixSpace);
      for (const [symbols] of libraryWords.preTokenizeString(normalized)) words.push(textOfSymbols(symbols));
    }
  }
  return words;
}

function normalize(text: string): string {
  return NOT_ASCII.test(text) ? text.normalize('NFKC') : text;
}

function withPrefix(text: string, prefixSpace: boolean): string {
  return prefixSpace && text.length > 0 && !text.startsWith(' ') ? ` ${text}` : text;
}

const BYTE_OF_SYMBOL = new Map(BYTE_SYMBOLS.map((symbol, byte) => [symbol, byte]));

/** The byte that a symbol stands for; -1 when it is no byte symbol. */
export function byteOfSymbol(symbol: string): number {
  return BYTE_OF_SYMBOL.get(symbol) ?? -1;
}

/** The text whose UTF-8 bytes the symbols stand for. */
function textOfSymbols(symbols: string): string {
  return Buffer.from(Array.from(symbols, byteOfSymbol)).toString('utf8');
}

/** The byte symbols of a text's UTF-8. */
export function symbolsOfText(text: string): string {
  let symbols = '';
  for (const byte of Buffer.from(text)) symbols += BYTE_SYMBOLS[byte]!;
  return symbols;
}

/**
 * A text in pieces of about `size` or more, cut only where {@link lastSafeCut} allows it.
 */
export function* safePieces(text: string, size: number): Generator<string> {
  let start = 0;
  while (text.length - start > size) {
    let cut = start + lastSafeCut(text.slice(start, start + size));
    if (cut <= start) {
      cut = nextSafeCut(text, start + size);
      if (cut < 0) break;
    }
    yield text.slice(start, cut);
    start = cut;
  }
  yield text.slice(start);
}

/**
 * The last place in a text where it may be cut so that both parts give the same words as the whole; -1 when there is none.
 * It lies before an ASCII space that an ASCII character other than white space precedes:
 * - no word has white space after something else, so a word ends there, whatever follows;
 * - no pattern looks back, so the words of the right part do not depend on the left;
 * - NFKC changes neither character and composes nothing with a space, so it commutes with the cut;
 * - the right part begins with a space, so no prefix space is added to it;
 * - no literal of a special token is cut as long as none holds a space.
 */
export function lastSafeCut(text: string): number {
  for (let at = text.lastIndexOf(' '); at > 0; at = text.lastIndexOf(' ', at - 1)) {
    if (isSafeCut(text, at)) return at;
  }
  return -1;
}

function nextSafeCut(text: string, from: number): number {
  for (let at = text.indexOf(' ', from); at >= 0; at = text.indexOf(' ', at + 1)) {
    if (isSafeCut(text, at)) return at;
  }
  return -1;
}

function isSafeCut(text: string, space: number): boolean {
  const before = text.charCodeAt(space - 1);
  return before > 0x20 && before < 0x7f;
}
