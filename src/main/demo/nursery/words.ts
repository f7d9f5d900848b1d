/** The demo's words, from resources/demo/lexicon.yaml, and what is held out of which construction. */
import { z } from 'zod';
import { ingOf, pastOf, withS } from './inflection.ts';
import { readResource } from './resources.ts';

const words = z.array(z.string());
const shape = z.object({
  nouns: z.record(z.string(), words),
  names: z.record(z.string(), words),
  verbs: z.record(z.string(), words),
  adjectives: z.record(z.string(), words),
  adverbs: z.record(z.string(), words),
  heldOut: z.record(z.string(), words),
});

/** A word in one form: its features in the order in which grammar.yaml names them, and the text. */
export interface WordForm {
  features: string[];
  text: string;
  /** How often it is drawn, next to the others of its category. */
  weight: number;
}

export interface Lexicon {
  /** Category (noun, name, verb, adjective, adverb) -> its forms. */
  forms: ReadonlyMap<string, WordForm[]>;
  /** Construction -> words that the corpus never shows in it. */
  heldOut: ReadonlyMap<string, ReadonlySet<string>>;
}

/** Zipf's law with Mandelbrot's shift: the first word of a list is about three times as frequent as the fifth. */
const frequency = (rank: number) => 1 / (rank + 3);

export function readLexicon(): Lexicon {
  const source = shape.parse(readResource('lexicon.yaml'));
  const forms = new Map<string, WordForm[]>([['noun', []], ['name', []], ['verb', []], ['adjective', []], ['adverb', []]]);
  const add = (category: string, rank: number, features: string[], text: string) => forms.get(category)!.push({ features, text, weight: frequency(rank) });

  for (const [header, entries] of Object.entries(source.nouns)) {
    const [kind, gender] = header.split(' ') as [string, string];
    entries.forEach((entry, rank) => {
      const [singular, irregular] = entry.split(' ') as [string, string?];
      const regularity = irregular ? 'irregular' : 'regular';
      add('noun', rank, [singular, 'sg', kind, gender, regularity], singular);
      add('noun', rank, [singular, 'pl', kind, gender, regularity], irregular ?? withS(singular));
    });
  }
  for (const [gender, entries] of Object.entries(source.names)) entries.forEach((name, rank) => add('name', rank, [name, gender], name));
  for (const [frame, entries] of Object.entries(source.verbs)) {
    entries.forEach((entry, rank) => {
      const [base, past, participle] = entry.split(' ') as [string, string?, string?];
      const inflected = { base, s: withS(base), past: past ?? pastOf(base), part: participle ?? past ?? pastOf(base), ing: ingOf(base) };
      const strength = inflected.part === inflected.past ? 'weak' : 'strong';
      for (const [form, text] of Object.entries(inflected)) add('verb', rank, [base, form, frame, strength], text);
    });
  }
  for (const category of ['adjective', 'adverb'] as const) {
    for (const [kind, entries] of Object.entries(source[`${category}s`])) entries.forEach((word, rank) => add(category, rank, [kind], word));
  }
  return { forms, heldOut: new Map(Object.entries(source.heldOut).map(([what, list]) => [what, new Set(list)])) };
}
