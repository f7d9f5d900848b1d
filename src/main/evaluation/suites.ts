/** The suites that Cria knows by name. */
import { CriaError } from '../../shared/errors.ts';
import { BLIMP_SUITES } from './suites/blimp.ts';
import { EWOK_SUITES } from './suites/ewok.ts';
import { GLUE_SUITES } from './suites/glue.ts';
import { DEMO } from './suites/own.ts';
import type { Suite } from './suites/suite.ts';

export const SUITES: readonly Suite[] = [...BLIMP_SUITES, ...EWOK_SUITES, ...GLUE_SUITES, DEMO];

/** @throws CriaError `bad-input` for a name that is no suite; a lab's own are found by their place (data.ts) */
export function findSuite(name: string): Suite {
  const suite = SUITES.find((candidate) => candidate.name === name);
  if (suite) return suite;
  throw new CriaError('bad-input', `There is no suite "${name}".`,
    `Suites: ${SUITES.map((candidate) => candidate.name).join(', ')}; or pairs:PATH for your own file of minimal pairs.`);
}
