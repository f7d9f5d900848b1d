/** The config document behind form and text. */
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { parse } from 'yaml';
import { keyPlaces, readValue, readValues, setSection, setValue } from '../../../src/renderer/editor/document.ts';

const TEXT = `# A teacher.
data:
  train_path: "./data/clean"   # the cleaned text
  seq_length: 128

model:
  type: 'Llama'
  name: "Llama-9M"

training:
  lr: 1e-3                     # small models take high rates
  batch_size: 16 # sequences
`;

describe('a config document', () => {
  it('changes a value where it stands and nothing else', () => {
    expect(setValue(TEXT, 'training.lr', 0.002)).toBe(TEXT.replace('1e-3', '0.002'));
    expect(setValue(TEXT, 'model.name', 'Llama-10M')).toBe(TEXT.replace('Llama-9M', 'Llama-10M'));
    expect(setValue(TEXT, 'data.train_path', '/tmp/a b#c')).toBe(TEXT.replace('./data/clean', '/tmp/a b#c'));
  });

  it('puts a new key at the end of its section', () => {
    expect(setValue(TEXT, 'data.eval_samples', 256)).toBe(TEXT.replace('  seq_length: 128\n', '  seq_length: 128\n  eval_samples: 256\n'));
    expect(setValue(TEXT, 'training.seed', 7)).toBe(`${TEXT}  seed: 7\n`);
    expect(parse(setValue(TEXT, 'logging.project', 'x'))).toMatchObject({ logging: { project: 'x' }, training: { batch_size: 16 } });
    expect(setValue(TEXT, 'logging.project', 'x')).toContain('# small models take high rates');
  });

  it('takes a key out with its line', () => {
    expect(setValue(TEXT, 'training.lr', undefined)).toBe(TEXT.replace(/ {2}lr:.*\n/, ''));
    expect(setValue(TEXT, 'training.none', undefined)).toBe(TEXT);
  });

  it('leaves text alone that is not YAML', () => {
    const broken = `${TEXT}  : [\n`;
    expect(setValue(broken, 'training.lr', 1)).toBe(broken);
    expect(readValues(broken)).toBeNull();
    expect(setSection(broken, 'distillation', null)).toBe(broken);
  });

  it('finds values and their places', () => {
    expect(readValue(TEXT, 'training.batch_size')).toBe(16);
    expect(readValue(TEXT, 'training.none')).toBeUndefined();
    expect(readValues(TEXT)?.get('model.type')).toBe('Llama');
    const place = keyPlaces(TEXT).find(({ key }) => key === 'data.seq_length')!;
    expect(TEXT.slice(place.from, place.to)).toBe('seq_length: 128');
    expect(readValues('')).toEqual(new Map());
    expect(keyPlaces('just text')).toEqual([]);
  });

  it('reads back whatever was set, and keeps the rest', () => {
    const value = fc.oneof(fc.integer(), fc.boolean(), fc.string({ maxLength: 30 }).filter((text) => !/[\u0080-\uffff]/.test(text)), fc.constant(null), fc.array(fc.string({ maxLength: 8 }), { maxLength: 3 }));
    fc.assert(fc.property(fc.constantFrom('data.train_path', 'training.lr', 'model.extra', 'distillation.teachers'), value, (key, wanted) => {
      const changed = setValue(TEXT, key, wanted);
      expect(readValue(changed, key)).toEqual(wanted);
      for (const [other, before] of readValues(TEXT)!) if (other !== key) expect(readValue(changed, other)).toEqual(before);
      expect(changed).toContain('# A teacher.');
    }));
  });
});
