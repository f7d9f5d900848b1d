/**
 * Cutting text into sentences as Punkt does (Kiss and Strunk 2006, "Unsupervised Multilingual Sentence Boundary Detection", as NLTK's
 * PunktSentenceTokenizer applies it). What Punkt learns from a corpus is here a list of abbreviations alone: the rest of a model
 * (capitalisation, sentence starters) speaks only of words in upper case, and the vocabulary filter lowers its text before.
 */
import { PYTHON_SPACE, PYTHON_WORD } from '../../corpus/pythonText.ts';

/**
 * Words that a period does not end a sentence after, without it. Only such as are no words of their own in lower case: "sat." and "no."
 * end sentences.
 */
export const ABBREVIATIONS: ReadonlySet<string> = new Set([
  // titles and names
  'mr', 'mrs', 'ms', 'messrs', 'dr', 'drs', 'prof', 'rev', 'hon', 'sr', 'jr', 'st', 'gen', 'col', 'lt', 'sgt', 'capt', 'cpl', 'cmdr', 'adm', 'gov', 'sen', 'rep', 'esq',
  // calendar
  'jan', 'feb', 'aug', 'sept', 'oct', 'nov', 'dec', 'mon', 'tues', 'wed', 'thurs', 'fri', 'a.m', 'p.m', 'a.d', 'b.c',
  // firms, places
  'inc', 'corp', 'ltd', 'bros', 'co', 'assn', 'dept', 'univ', 'ave', 'blvd', 'rd', 'mt', 'u.s', 'u.k', 'u.n', 'u.s.a', 'd.c', 'l.a', 'n.y',
  // texts and measures
  'e.g', 'i.e', 'cf', 'vs', 'viz', 'approx', 'vol', 'ed', 'eds', 'pp', 'ft', 'lb', 'lbs', 'oz', 'sq', 'ph.d', 'm.d', 'b.a', 'm.a',
]);

const S = `[${PYTHON_SPACE}]`;
const NOT_S = `[^${PYTHON_SPACE}]`;
/** Characters that cannot stand within words. */
const NON_WORD = String.raw`[)";}\]*:@'({\[\u2018\u2019\u201c\u201d\xab\xbb?!]`;
const MULTI_CHARACTER = String.raw`(?:-{2,}|\.{2,}|(?:\.${S}){2,}\.)`;
const WORD_START = '[^("`{\\[:;&#*@)}\\]\\-,]';

/** Splits punctuation off words, but for periods. */
const WORD = new RegExp(
  `${MULTI_CHARACTER}|(?=${WORD_START})${NOT_S}+?(?=${S}|$|${NON_WORD}|${MULTI_CHARACTER}|,(?=$|${S}|${NON_WORD}|${MULTI_CHARACTER}))|${NOT_S}`, 'gu');
/** A character that may end a sentence, before punctuation or white space with a word after it. */
const POSSIBLE_END = new RegExp(`[.?!](?=(?<after>${NON_WORD}|${S}+(?<next>${NOT_S}+)))`, 'gdu');
/** Closing punctuation at the beginning that belongs to the sentence before. */
const CLOSING = new RegExp(String.raw`["')\]}\u2018\u2019\u201c\u201d\xab\xbb]+?(?:${S}+|(?=--)|$)`, 'muy');
const TRAILING_SPACE = new RegExp(`${S}+$`);
const ASCII_SPACE = /[ \t\n\r\v\f]/;

const ELLIPSIS = /^\.\.+$/;
const NUMBER = /^-?[.,]?\p{Nd}[\p{Nd},.-]*\.?$/u;
const INITIAL = new RegExp(`^(?!\\p{Nd})[${PYTHON_WORD}]\\.$`, 'u');
const PUNCTUATION = new Set([';', ':', ',', '.', '!', '?']);

/** The sentences of a text, without the white space between them. */
export function splitSentences(text: string): string[] {
  const sentences: string[] = [];
  const slices = slicesOf(text);
  let realign = 0;
  slices.forEach(([start, end], i) => {
    const from = start + realign;
    const next = slices[i + 1];
    CLOSING.lastIndex = 0;
    const closing = next && CLOSING.exec(text.slice(next[0], next[1]));
    if (next && closing) {
      sentences.push(text.slice(from, next[0] + closing[0].replace(TRAILING_SPACE, '').length));
      realign = closing[0].length;
    } else {
      realign = 0;
      if (from < end) sentences.push(text.slice(from, end));
    }
  });
  return sentences;
}

function slicesOf(text: string): [number, number][] {
  const slices: [number, number][] = [];
  let lastBreak = 0;
  for (const { context, end, next } of possibleEnds(text)) {
    if (!hasBreak(context)) continue;
    slices.push([lastBreak, end]);
    lastBreak = next ?? end;
  }
  slices.push([lastBreak, text.replace(TRAILING_SPACE, '').length]);
  return slices;
}

interface PossibleEnd {
  /** The word before, the mark, and what follows. */
  context: string;
  end: number;
  /** Where the next word starts; null: punctuation follows at once. */
  next: number | null;
}

/** Of marks in one word ("no!!! he"), the last. */
function* possibleEnds(text: string): Generator<PossibleEnd> {
  let pending: (PossibleEnd & { wordEnd: number }) | null = null;
  let word = { start: 0, end: 0 };
  for (const match of text.matchAll(POSSIBLE_END)) {
    const space = lastSpace(text, word.end, match.index);
    const start: number = space > word.end ? space + 1 : word.start;
    if (pending && pending.wordEnd <= start) yield pending;
    word = { start, end: match.index };
    const end = match.index + match[0].length;
    pending = { context: text.slice(start, end) + match.groups!.after!, end, next: match.indices!.groups!.next?.[0] ?? null, wordEnd: match.index };
  }
  if (pending) yield pending;
}

/** Place of the last ASCII white space in [from, to); `from` itself when there is none, or it is the first. */
function lastSpace(text: string, from: number, to: number): number {
  for (let i = to - 1; i > from; i--) if (ASCII_SPACE.test(text[i]!)) return i;
  return from;
}

/** Whether a token other than the last ends a sentence. */
function hasBreak(context: string): boolean {
  const tokens = context.split('\n').flatMap((line) => line.match(WORD) ?? []);
  return tokens.slice(0, -1).some((token, i) => endsSentence(token, tokens[i + 1]!));
}

function endsSentence(token: string, next: string): boolean {
  if (token === '?' || token === '!') return true;
  const typeEnds = token === '.' || (token.endsWith('.') && !token.endsWith('..') && !ELLIPSIS.test(token) && !isAbbreviation(token.slice(0, -1)));
  if (!typeEnds) return false;
  // After an initial or a number, punctuation or a word in lower case speaks against it; after an initial, a name does, too.
  const isInitial = INITIAL.test(token);
  if (!isInitial && !NUMBER.test(token)) return true;
  return !PUNCTUATION.has(next) && !/^\p{Lowercase}/u.test(next) && !(isInitial && /^\p{Uppercase}/u.test(next));
}

function isAbbreviation(word: string): boolean {
  const type = word.toLowerCase();
  return ABBREVIATIONS.has(type) || ABBREVIATIONS.has(type.slice(type.lastIndexOf('-') + 1));
}
