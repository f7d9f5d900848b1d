import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { KNOWN_DOMAINS, cleanPieces, domainOf, rulesOf, pushThrough, endAll } from '../../../src/main/corpus/domains.ts';
import { capitalize, codePoints, strip } from '../../../src/main/corpus/pythonText.ts';
import { SentenceCase, WikipediaHeadings } from '../../../src/main/corpus/rules/lines.ts';
import { UniversalNewlines } from '../../../src/main/corpus/rules/newlines.ts';

/** Own sentences; outputs by the original cleaner under CPython 3.11. */
const CASES: [domain: string, input: string, output: string][] = [
  ['qed', 'lT WAS LATE. (DOOR SLAMS)  HE SAlD: "WHO lS lT?"', 'It was late. (door slams)  he said: "who is it?"'],
  ['qed', 'half UP\nHALF up\n  a quiet line \t', 'half UP\nHalf up\na quiet line'],
  ['qed', 'ŉA ΣΟΦΟΣ. ﬁNE ǆUNGLA ᾳΩ ßE ACROSS ABC', 'ʼNa σοφος. Fine ǆungla ᾳω ße across abc'],
  ['qed', 'a\x1cb\u2029c\x0bd\n\n', 'a\nb\nc\nd\n'],
  ['wikipedia', 'x= = = Llamas = = =\nA llama is an animal.\n\n\n  = = = Wool = = =\n It is soft. \n', 'LlamasA llama is an animal.\nWool It is soft.'],
  ['wikipedia', ' = = = = = =\n= = = a = = = b\nc', ' = = = = =\n= = = a = = = b\nc'],
  ['simple_wikipedia', 'One.\n\n\nTwo.\n\nThree.\n', 'One.\nTwo.Three.\n'],
  ['bnc_spoken', 'erm  ,\twell\xa0 .\n\n\nyes \n\n!', 'erm, well.\nyes !'],
  ['aochildes', "a llama !\nwhere 's\t the llama ?", "a llama!\nwhere 's the llama?"],
  ['cbt', "the llama 's ears and the \u{10428} 's wool ; `` hum ''", "the llama's ears and the \u{10428}'s wool; `` hum ''"],
  ['open_subtitles', 'Run!\nSuBtItLes by nobody\nſubtıtle\nNo!\nthe subtitled end', 'Run!\nNo!\nthe subtitled end'],
  ['gutenberg', 'As  it was ,\n\n\n so', 'As  it was ,\n\n\n so'],
];

describe('cleaning', () => {
  it.each(CASES)('%s: %j', (domain, input, output) => {
    expect(cleanPieces(domain, [input])).toBe(output);
  });

  it('keeps a qed line that is all brackets and stops', () => {
    expect(cleanPieces('qed', ['(APPLAUSE)\n...\n( )'])).toBe('(APPLAUSE)\n...\n( )');
  });

  it('knows the names of 2024', () => {
    expect(domainOf('childes')).toBe('aochildes');
    expect(domainOf('simple_wiki')).toBe('simple_wikipedia');
    expect(domainOf('shopping_lists')).toBeNull();
    expect(domainOf('constructor')).toBeNull();
    expect(KNOWN_DOMAINS).toHaveLength(12);
  });

  it('logs what each rule changed, and the removed code points add up', () => {
    const rules = rulesOf('bnc_spoken');
    const input = 'so  I said ,\n\n\u{1f600}  no\xa0!';
    const output = pushThrough(rules, input) + endAll(rules);
    expect(output).toBe('so I said,\u{1f600} no!');
    const logs = rules.flatMap((rule) => rule.logs);
    expect(logs.map(({ rule, changes, codePointsRemoved }) => [rule, changes, codePointsRemoved])).toEqual([
      ['runs of spaces', 3, 2],
      ['space before punctuation', 2, 2],
      ['blank lines', 1, 2],
    ]);
    expect(logs[1]!.examples[0]).toEqual({ before: 'so I said ,\n\n\u{1f600} no !', after: 'so I said,\n\n\u{1f600} no !' });
  });

  it('refuses a line longer than it may hold, and says which rule wants it whole', () => {
    expect(() => new SentenceCase(10).push('0123456789x')).toThrow(/longer than 10 .*capitals/);
    const headings = new WikipediaHeadings(10);
    headings.push('01234\n56789');
    expect(() => headings.push('012345')).toThrow(/headings/);
  });
});

describe('a text in pieces', () => {
  /** Scraps that make the rules' patterns likely, and likely to be cut by a border between pieces. */
  const scrap = fc.constantFrom(
    ' ', '\t', '\xa0', '\n', '\r', '\r\n', '\n\n', '\x0b', '\x85', '\u2028', '= = = ', ' = = =\n', '.', ',', '!', '(', ')', "'s", '’', 'sub', 'title', 'SUBTITLE',
    'l', 'I', 'A', 'b', 'é', 'Σ', 'ß', '1', '_', '\u0301', '\u{1f600}', '\u{10428}',
  );
  const text = fc.array(scrap, { maxLength: 60 }).map((scraps) => scraps.join(''));
  /** A text cut after random code points; sizes may be 0, and the last piece is what is left. */
  const pieces = fc.tuple(text, fc.array(fc.nat({ max: 7 }), { maxLength: 30 })).map(([whole, sizes]) => {
    const characters = [...whole];
    const parts = sizes.map((size) => characters.splice(0, size).join(''));
    return { whole, parts: [...parts, characters.join('')] };
  });

  it.each([...KNOWN_DOMAINS.map(domainOf), null])('is cleaned as the whole text is: %s', (domain) => {
    fc.assert(
      fc.property(pieces, ({ whole, parts }) => {
        expect(cleanPieces(domain, parts)).toBe(cleanPieces(domain, [whole]));
      }),
      { numRuns: 300 },
    );
  });

  it.each([...KNOWN_DOMAINS.map(domainOf)])('is counted: lengths differ by what the rules removed: %s', (domain) => {
    fc.assert(
      fc.property(pieces, ({ parts }) => {
        const rules = rulesOf(domain);
        for (const part of parts) rules[0]?.scan?.push(part);
        const output = parts.map((part) => pushThrough(rules, part)).join('') + endAll(rules);
        const removed = rules.flatMap((rule) => rule.logs).reduce((sum, log) => sum + log.codePointsRemoved, 0);
        expect(codePoints(parts.join('')) - codePoints(output)).toBe(removed);
      }),
      { numRuns: 200 },
    );
  });

  it('gets its newlines translated as the whole text does', () => {
    fc.assert(
      fc.property(pieces, ({ whole, parts }) => {
        const rule = new UniversalNewlines();
        const output = parts.map((part) => rule.push(part)).join('') + rule.end();
        expect(output).toBe(whole.replaceAll('\r\n', '\n').replaceAll('\r', '\n'));
      }),
    );
  });
});

describe("Python's text functions", () => {
  it.each([
    ['ĲSSEL', 'Ĳssel'], ['ΑΣ', 'Ας'], ['ΣΑΣ.', 'Σας.'], ['Σ', 'Σ'], ['İX', 'İx'], ['xİ', 'Xi̇'], ['აᲐ', 'აა'], ['ŉ', 'ʼN'], ['ﬃX', 'Ffix'], ['և', 'Եւ'], ['ᾷ', 'ᾼ͂'],
    ['ᾲ', 'Ὰͅ'], ['ᾈ', 'ᾈ'], ['\u{10428}A', '\u{10400}a'], ['', ''],
  ])('capitalize(%j)', (input, output) => {
    expect(capitalize(input)).toBe(output);
  });

  it('strips what Python calls white space, and not the byte order mark', () => {
    expect(strip('\x1f\u3000\ufeff a \ufeff\x85\x1c')).toBe('\ufeff a \ufeff');
  });
});
