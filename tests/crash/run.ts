/** `npm run test:crash -- [--kills N] [--seed N] [--kind K...]`: the crash campaign; prints kills, losses and differences. Exits with 1 when there are any. */
import { parseArgs } from 'node:util';
import { crashCampaign } from './campaign.ts';
import { killMigrations } from './migrations.ts';

const { values } = parseArgs({ options: { kills: { type: 'string' }, seed: { type: 'string' }, kind: { type: 'string', multiple: true } } });
const kills = Number(values.kills ?? 200);
const seed = Number(values.seed ?? Date.now() % 2 ** 31);
process.stdout.write(`seed ${seed}\n`);
const migrations = values.kind ? { kills: 0, problems: [] as string[] } : await killMigrations({ kills: Math.ceil(kills / 10), seed });
const { tally, shown, problems, seconds, kills: done } = await crashCampaign({ kills, seed, ...(values.kind ? { kinds: values.kind } : {}), report: (line) => process.stderr.write(`${line}\n`) });
for (const [what, count] of Object.entries(tally).sort()) process.stdout.write(`${String(count).padStart(5)}  ${what}\n`);
const all = [...problems, ...migrations.problems];
for (const problem of all) process.stdout.write(`${problem}\n`);
const count = (kind: RegExp) => all.filter((problem) => kind.test(problem)).length;
process.stdout.write(`${done + migrations.kills} kills (${migrations.kills} in migrations) in ${Math.round(seconds)} s, ${shown} values had been shown; ${count(/^lost/)} losses, ${count(/^different/)} differences, ${count(/^(half|damaged)/)} half or damaged\n`);
process.exit(all.length ? 1 : 0);
