/** The crash campaign in short; `npm run test:crash` kills 200 times. */
import { expect, it } from 'vitest';
import { crashCampaign } from './campaign.ts';
import { killMigrations } from './migrations.ts';

/** Another one each day; a failure names it. */
const seed = Math.floor(Date.now() / 86_400_000);

it('loses nothing, and nothing differs, when processes are killed at random moments', async () => {
  const { problems, kills, shown } = await crashCampaign({ kills: 6, seed, kinds: ['train', 'evaluate', 'clean', 'import'] });
  expect(problems, `seed ${seed}`).toEqual([]);
  expect(kills).toBe(6);
  expect(shown).toBeGreaterThan(0);
}, 300_000);

it('leaves the old database or the new one when a migration is killed', async () => {
  expect(await killMigrations({ kills: 8, seed })).toEqual({ kills: 8, problems: [] });
}, 120_000);
