/** Configs that are meant to keep the engine busy: found by fuzzing, or known from elsewhere. */
import { describe, expect, it } from 'vitest';
import { examineRunConfig, MAX_CONFIG_BYTES } from '../../../src/main/config/parseConfig.ts';

/** Milliseconds of computing; a busy machine must not look like a slow parser. */
function computingMs(action: () => void): number {
  const before = process.cpuUsage();
  action();
  const { user, system } = process.cpuUsage(before);
  return (user + system) / 1000;
}

/** As much of it as a config may have. */
const FILL = (unit: string) => unit.repeat(Math.floor((MAX_CONFIG_BYTES - 100) / unit.length));
const keys = (make: (i: number) => string) => Array.from({ length: (MAX_CONFIG_BYTES - 100) / make(99_999).length }, (_, i) => make(i)).join('');

describe('a hostile config', () => {
  // By name: vitest would print the texts themselves.
  const HOSTILE: Record<string, { text: string; override?: string }> = {
    'maps as keys of maps as keys': { text: FILL('? ') },
    'a few of them': { text: '? '.repeat(30) },
    'an override of them': { text: 'a: 1', override: '? '.repeat(30) },
    'lists as keys': { text: FILL('[[a]: ') },
    'lists in lists': { text: FILL('[') },
    'maps in maps': { text: FILL('{a: ') },
    'more keys than anybody reads': { text: keys((i) => `k${i}: 1\n`) },
    'more keys of a section': { text: `model:\n${keys((i) => ` k${i}: 1\n`)}` },
    'aliases': { text: `a: &a x\nb: [${FILL('*a,')}]` },
    'merge keys': { text: `a: &a {x: 1}\n${keys((i) => `b${i}: {<<: *a}\n`)}` },
    'one long word': { text: FILL('x') },
    'quotes that never end': { text: `"${FILL('\\u0041')}` },
    'more layers than stars': { text: 'model:\n  n_layer: 1000000000\n' },
  };

  it.each(Object.keys(HOSTILE))('of %s is refused in no time', (what) => {
    const { text, override = '1' } = HOSTILE[what]!;
    let problems: unknown[] = [];
    const took = computingMs(() => ({ problems } = examineRunConfig(text, { file: 'x.yaml', overrides: [['training.lr', override]] })));
    expect(problems.length).toBeGreaterThan(0);
    expect(took).toBeLessThan(4000);
  });

  it('that gives a key twice is told which and where', () => {
    const { problems } = examineRunConfig('model:\n  type: GPT2\n  type: Llama\nmodel:\n  name: x\n', { file: 'x.yaml' });
    expect(problems).toEqual(expect.arrayContaining([
      { key: 'model.type', line: 3, message: '"model.type" is given twice, first in line 2' },
      { key: 'model', line: 4, message: '"model" is given twice, first in line 1' },
    ]));
  });
});
