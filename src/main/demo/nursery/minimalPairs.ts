/** The demo's minimal pairs: in BLiMP's format, from resources/demo/paradigms.yaml, made of combinations that the corpus never shows. */
import { z } from 'zod';
import { Random } from '../../random.ts';
import { Grammar } from './sampler.ts';
import { readLexicon } from './words.ts';
import { print } from './print.ts';
import { readResource } from './resources.ts';

const template = z.union([z.string(), z.record(z.string(), z.string())]);
const shape = z.record(
  z.string(),
  z.object({ field: z.string(), lexically_identical: z.array(z.string()).default([]), paradigms: z.record(z.string(), z.array(template)) }),
);

/** One line of a BLiMP file. */
export interface BlimpPair {
  sentence_good: string;
  sentence_bad: string;
  field: string;
  linguistics_term: string;
  UID: string;
  simple_LM_method: boolean;
  one_prefix_method: boolean;
  two_prefix_method: boolean;
  lexically_identical: boolean;
  pairID: string;
}

export interface DemoParadigm {
  UID: string;
  phenomenon: string;
  field: string;
  lexicallyIdentical: boolean;
  templates: { text: string; weight: number }[];
}

export function paradigms(): DemoParadigm[] {
  return Object.entries(shape.parse(readResource('paradigms.yaml'))).flatMap(([phenomenon, entry]) =>
    Object.entries(entry.paradigms).map(([UID, templates]) => ({
      UID,
      phenomenon,
      field: entry.field,
      lexicallyIdentical: entry.lexically_identical.includes(UID),
      templates: templates.map((template) =>
        typeof template === 'string' ? { text: template, weight: 1 } : { text: Object.values(template)[0]!, weight: Number(Object.keys(template)[0]) },
      ),
    })),
  );
}

/**
 * Distinct pairs of each paradigm, none of whose good sentences is among the given ones.
 * @param seen sentences of the corpus, as {@link print} writes them
 */
export function makePairs(seed: number, perParadigm: number, seen: ReadonlySet<string>): Map<string, BlimpPair[]> {
  const made = new Map<string, BlimpPair[]>();
  for (const { phenomenon, UID, field, lexicallyIdentical, templates } of paradigms()) {
    const grammar = new Grammar(readLexicon(), new Random(seed, `pairs ${UID}`));
    const cycle = templates.flatMap(({ text, weight }) => Array<string>(weight).fill(text));
    const pairs = new Map<string, BlimpPair>();
    for (let draw = 0; pairs.size < perParadigm && draw < DRAWS_PER_PAIR * perParadigm; draw++) {
      const sample = grammar.samplePair(cycle[draw % cycle.length]!);
      const [good, bad] = [print(sample.good), print(sample.bad)];
      if (good === bad || seen.has(good) || pairs.has(good)) continue;
      pairs.set(good, {
        sentence_good: good,
        sentence_bad: bad,
        field,
        linguistics_term: phenomenon,
        UID,
        simple_LM_method: true,
        one_prefix_method: false,
        two_prefix_method: false,
        lexically_identical: lexicallyIdentical,
        pairID: String(pairs.size),
      });
    }
    made.set(UID, [...pairs.values()]);
  }
  return made;
}

/** A paradigm with few combinations ends up with fewer pairs rather than searching for ever. */
const DRAWS_PER_PAIR = 20;
