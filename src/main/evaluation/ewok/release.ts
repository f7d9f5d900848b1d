/**
 * EWoK's raw release to the items of the challenge: an item stays when all its words are in a vocabulary (lower case, NLTK's
 * word_tokenize), and each that stays is followed by its twin with contexts and targets swapped.
 */
import { CriaError } from '../../../shared/errors.ts';
import { wordTokenize } from './wordTokenize.ts';
import type { Row } from './tables.ts';

const TEXTS = ['Context1', 'Context2', 'Target1', 'Target2'] as const;

/** An item as the release has it; further fields are kept as they are. */
export type EwokItem = Row & { Domain: string } & Record<(typeof TEXTS)[number], string>;

/** Whether a row has an item's fields; other tables of a release do not. */
export function isEwokItem(row: Row): row is EwokItem {
  return ['Domain', ...TEXTS].every((field) => typeof row[field] === 'string' && row[field] !== '');
}

export function isInVocabulary(item: EwokItem, vocabulary: ReadonlySet<string>): boolean {
  return TEXTS.every((field) => wordTokenize(item[field].toLowerCase()).every((word) => vocabulary.has(word)));
}

/** The item with its contexts and targets swapped: what was wrong after one context is right after the other. */
export function twinOf(item: EwokItem): EwokItem {
  return { ...item, Context1: item.Context2, Context2: item.Context1, Target1: item.Target2, Target2: item.Target1 };
}

/** Whether the rows are pairs of an item and its twin, as the challenge's script writes them. */
export function areTwinned(rows: readonly EwokItem[]): boolean {
  return rows.length > 0 && rows.length % 2 === 0 && rows.every((row, i) => {
    const other = rows[i ^ 1]!;
    return row.Context1 === other.Context2 && row.Context2 === other.Context1 && row.Target1 === other.Target2 && row.Target2 === other.Target1;
  });
}

export interface FilteredRelease {
  /** Domain -> items and their twins, alternating, in the release's order. */
  domains: Map<string, EwokItem[]>;
  /** Items of the release. */
  items: number;
  /** Items that stay; their twins are not counted. */
  kept: number;
}

/**
 * @param rows of all tables of the release
 * @throws CriaError `bad-input` when there is no item among them, or none stays
 */
export function filterRelease(rows: readonly Row[], vocabulary: ReadonlySet<string>): FilteredRelease {
  const items = rows.filter(isEwokItem);
  if (items.length === 0) {
    throw new CriaError('bad-input', 'No table of the folder holds items of EWoK.', `Their columns are ${['Domain', ...TEXTS].join(', ')}. Give the folder of the release as it was downloaded and unpacked.`);
  }
  const domains = new Map<string, EwokItem[]>();
  let kept = 0;
  for (const item of items) {
    if (!isInVocabulary(item, vocabulary)) continue;
    kept++;
    const domain = domains.get(item.Domain) ?? [];
    domain.push(item, twinOf(item));
    domains.set(item.Domain, domain);
  }
  if (kept === 0) throw new CriaError('bad-input', `None of the ${items.length} items has all its words in the vocabulary.`, 'Is it a vocabulary of English words in lower case?');
  return { domains, items: items.length, kept };
}
