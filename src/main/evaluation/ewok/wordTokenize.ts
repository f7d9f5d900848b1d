/**
 * Words as NLTK's word_tokenize cuts them: sentences first, then the rules of its NLTKWordTokenizer, which come from the Penn Treebank's
 * sed script. The challenge's vocabulary of EWoK is made of such words.
 */
import { PYTHON_SPACE, PYTHON_WORD } from '../../corpus/pythonText.ts';
import { splitSentences } from './sentences.ts';

const S = `[${PYTHON_SPACE}]`;
const BEFORE = `(?<![${PYTHON_WORD}])`;
const AFTER = `(?![${PYTHON_WORD}])`;

type Rule = [pattern: RegExp, replacement: string];

/** In this order; `$1 $2` puts a space between what was one word. */
const RULES: readonly Rule[] = [
  // Opening quotes.
  [/([«“‘„]|`+)/gu, ' $1 '],
  [/^"/g, '``'],
  [/(``)/g, ' $1 '],
  [/([ ([{<])("|'{2})/g, '$1 `` '],
  [new RegExp(`${BEFORE}(')(?!(?:re|ve|ll|m|t|s|d|n)${AFTER})(?=[${PYTHON_WORD}])`, 'giu'), '$1 '],
  // Punctuation; a period only at the end of the sentence.
  [new RegExp(String.raw`([^.])(\.)([\])}>"'»”’ ]*)${S}*$`, 'gu'), '$1 $2 $3 '],
  [/([:,])(\P{Nd})/gu, ' $1 $2'],
  [/([:,])$/g, ' $1 '],
  [/\.{2,}/g, ' $& '],
  [/[;@#$%&]/g, ' $& '],
  [/[\u2012-\u2015]/g, ' $& '],
  [new RegExp(String.raw`([^.])(\.)([\])}>"']*)${S}*$`, 'gu'), '$1 $2$3 '],
  [/[?!]/g, ' $& '],
  [/([^'])' /gu, "$1 ' "],
  [/\*/g, ' $& '],
  [/[\][(){}<>]/g, ' $& '],
  [/--/g, ' -- '],
];

/** After a space has been put on either side of the sentence. */
const LATER_RULES: readonly Rule[] = [
  // Closing quotes and clitics.
  [/([»”’])/g, ' $1 '],
  [/''/g, " '' "],
  [/"/g, " '' "],
  [new RegExp(`${S}+`, 'g'), ' '],
  [/([^' ])('[sS]|'[mM]|'[dD]|') /gu, '$1 $2 '],
  [/([^' ])('ll|'LL|'re|'RE|'ve|'VE|n't|N'T) /gu, '$1 $2 '],
  // Words that were two (Robert MacIntyre's list).
  ...['(can)(not)', "(d)('ye)", '(gim)(me)', '(gon)(na)', '(got)(ta)', '(lem)(me)', "(more)('n)"].map((pair): Rule => [new RegExp(`${BEFORE}${pair}${AFTER}`, 'giu'), ' $1 $2 ']),
  [new RegExp(`${BEFORE}(wan)(na)(?=${S})`, 'giu'), ' $1 $2 '],
  [new RegExp(` ('t)(is)${AFTER}`, 'giu'), ' $1 $2 '],
  [new RegExp(` ('t)(was)${AFTER}`, 'giu'), ' $1 $2 '],
];

const SPACES = new RegExp(`${S}+`);

/** The words and punctuation marks of a text of any number of sentences. */
export function wordTokenize(text: string): string[] {
  return splitSentences(text).flatMap(tokenizeSentence);
}

/** The words and punctuation marks of one sentence. */
export function tokenizeSentence(sentence: string): string[] {
  const apply = (text: string, rules: readonly Rule[]) => rules.reduce((changed, [pattern, replacement]) => changed.replace(pattern, replacement), text);
  return apply(` ${apply(sentence, RULES)} `, LATER_RULES).split(SPACES).filter((word) => word !== '');
}
