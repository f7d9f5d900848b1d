/** Cleaning against the outputs of the original cleaner. */
import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { cleanPieces } from '../../../src/main/corpus/domains.ts';
import { hasShared, sharedPath } from '../../support/shared.ts';

interface Case {
  domain: string;
  input: string;
  output: string | null;
  error: string | null;
}

describe.skipIf(!hasShared)('the original cleaner', () => {
  const cases = hasShared ? (JSON.parse(readFileSync(sharedPath('fixtures', 'cleaning_cases.json'), 'utf8')) as Case[]) : [];

  it('gives the same for every case that it survives', () => {
    expect(cases.length).toBeGreaterThan(50);
    for (const { domain, input, output } of cases) {
      if (output === null) continue;
      expect(cleanPieces(domain, [input]), `${domain}: ${JSON.stringify(input)}`).toBe(output);
      expect(cleanPieces(domain, [...input]), `${domain}, one by one: ${JSON.stringify(input)}`).toBe(output);
    }
  });

  it('divides by zero where we keep the line', () => {
    const failing = cases.filter((one) => one.error !== null);
    expect(failing.map((one) => one.domain)).toEqual(['qed', 'qed', 'qed', 'qed']);
    for (const { domain, input } of failing) expect(cleanPieces(domain, [input])).toBe(input);
  });

  it('has the published size for aochildes of the 10M corpus', () => {
    const raw = readFileSync(sharedPath('data', 'babylm-2023', 'aochildes.train'), 'utf8');
    expect([...raw].length).toBe(1_900_547);
    expect([...cleanPieces('aochildes', [raw])].length).toBe(1_820_547);
  });
});
