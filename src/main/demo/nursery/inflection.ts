/** Regular English inflection, as far as the demo's lexicon needs it. */

const VOWEL = /[aeiou]/;

/** Words of one syllable that end in one consonant after one vowel double it: hug, hugged, hugging. */
function doubles(base: string): boolean {
  return /^[^aeiou]*[aeiou][^aeiouwxy]$/.test(base);
}

/** Plural of nouns and third person of verbs. */
export function withS(base: string): string {
  if (/(s|x|z|ch|sh)$/.test(base)) return `${base}es`;
  if (base.endsWith('y') && !VOWEL.test(base.at(-2)!)) return `${base.slice(0, -1)}ies`;
  return `${base}s`;
}

export function pastOf(base: string): string {
  if (base.endsWith('e')) return `${base}d`;
  if (base.endsWith('y') && !VOWEL.test(base.at(-2)!)) return `${base.slice(0, -1)}ied`;
  return doubles(base) ? `${base}${base.at(-1)}ed` : `${base}ed`;
}

export function ingOf(base: string): string {
  if (base.endsWith('e') && !base.endsWith('ee')) return `${base.slice(0, -1)}ing`;
  return doubles(base) ? `${base}${base.at(-1)}ing` : `${base}ing`;
}

/** "an" before a vowel, as far as the lexicon's words go: they are spelt as they sound, but for "useful" and "uncle". */
export function indefiniteArticle(next: string): 'a' | 'an' {
  return /^[aeiou]/i.test(next) && !/^(use|uni|one)/i.test(next) ? 'an' : 'a';
}
