/** From the grammar's tokens to lines of text, as the domains of BabyLM have them. */
import { indefiniteArticle } from './inflection.ts';

/** "an" before vowels, and I with a capital. */
export function spell(text: string): string {
  return text.replace(/\ba (?=(\S+))/g, (_, next: string) => `${indefiniteArticle(next)} `).replace(/\bi\b/g, 'I');
}

/** Capitals at the beginning of sentences. */
export function capitalise(text: string): string {
  return text.replace(/(^|[.!?] |“ ?)(\p{Ll})/gu, (_, before: string, letter: string) => before + letter.toUpperCase());
}

/** As books print it: capitals, and no space before punctuation or a clitic, or after an opening quotation mark. */
export function print(text: string): string {
  return capitalise(spell(text)).replace(/ ([.,!?”])/g, '$1').replace(/“ /g, '“').replace(/ 's\b/g, "'s").replace(/[“”]/g, '"');
}
