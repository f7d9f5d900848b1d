/** Which rules clean which domain: the recipe's table (timinar/BabyLlama, mrclean.py). The domain is a file's stem. */
import { DropSubtitleCredits } from './rules/subtitles.ts';
import { DropFirstCharacter, SentenceCase, StripLines, WikipediaHeadings } from './rules/lines.ts';
import { removeBlankLines, removeSpaceBeforeApostrophe, removeSpaceBeforePunctuation } from './rules/replace.ts';
import type { Rule } from './rules/rule.ts';
import { CollapseSpaces } from './rules/spaces.ts';

const extraSpaces = (): Rule[] => [new CollapseSpaces(), removeSpaceBeforePunctuation()];

const DOMAINS: Record<string, () => Rule[]> = {
  aochildes: extraSpaces,
  bnc_spoken: () => [...extraSpaces(), removeBlankLines()],
  cbt: () => [...extraSpaces(), removeSpaceBeforeApostrophe()],
  children_stories: () => [],
  gutenberg: () => [],
  open_subtitles: () => [new DropSubtitleCredits()],
  qed: () => [new SentenceCase()],
  simple_wikipedia: () => [removeBlankLines()],
  switchboard: () => [],
  wikipedia: () => [new WikipediaHeadings(), new StripLines(), new DropFirstCharacter(), removeBlankLines()],
};

/** What BabyLM 2024 calls domains of 2023; the text is of the same kind, so the same rules apply. */
const NAMES_OF_2024: Record<string, string> = { childes: 'aochildes', simple_wiki: 'simple_wikipedia' };

export const KNOWN_DOMAINS: readonly string[] = [...Object.keys(DOMAINS), ...Object.keys(NAMES_OF_2024)].sort();

/** The rule set for a file's stem, or null for a domain that the recipe does not know. */
export function domainOf(stem: string): string | null {
  if (Object.hasOwn(DOMAINS, stem)) return stem;
  return Object.hasOwn(NAMES_OF_2024, stem) ? NAMES_OF_2024[stem]! : null;
}

/** Fresh rules of a domain, in the order in which they apply; none for null. */
export function rulesOf(domain: string | null): Rule[] {
  return domain === null ? [] : (DOMAINS[domain]?.() ?? []);
}

/** Cleans a text by a domain's rules, fed in the given pieces. Newlines are not translated: reading a file does that. */
export function cleanPieces(domain: string | null, pieces: Iterable<string>): string {
  const rules = rulesOf(domain);
  const all = [...pieces];
  const scan = rules[0]?.scan;
  if (scan) {
    for (const piece of all) scan.push(piece);
    scan.end();
  }
  return all.map((piece) => pushThrough(rules, piece)).join('') + endAll(rules);
}

/** Feeds a piece to the first rule, what that gives to the second, and so on. */
export function pushThrough(rules: readonly Rule[], text: string): string {
  return rules.reduce((piece, rule) => rule.push(piece), text);
}

/** Ends rule after rule, feeding what each still gives to those behind it. */
export function endAll(rules: readonly Rule[]): string {
  return rules.reduce((piece, rule) => rule.push(piece) + rule.end(), '');
}
