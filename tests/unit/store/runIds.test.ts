import { describe, expect, it } from 'vitest';
import { colourIndex, COLOURS } from '../../../src/shared/runColours.ts';
import { Store } from '../../../src/main/store/store.ts';
import { join } from 'node:path';
import { temporaryFolder } from '../../support/jobContext.ts';

describe('ids of runs', () => {
  it('give as many runs in a row as there are colours a colour each, whatever other jobs come between', () => {
    const store = Store.open(join(temporaryFolder(), 'cria.db'));
    try {
      const ids = Array.from({ length: 3 * COLOURS }, (_, i) => {
        store.createRun({ kind: 'clean', name: 'between', project: '', params: {} });
        return store.createRun({ kind: 'train', name: `run ${i}`, project: '', params: {}, createdAt: 1_700_000_000_000 + i }).id;
      });
      for (let first = 0; first + COLOURS <= ids.length; first++) expect(new Set(ids.slice(first, first + COLOURS).map(colourIndex)).size).toBe(COLOURS);
    } finally {
      store.close();
    }
  });
});
