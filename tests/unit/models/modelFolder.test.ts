import fc from 'fast-check';
import { mkdirSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { toConfigJson } from '../../../src/main/models/configJson.ts';
import { loadModelFolder } from '../../../src/main/models/loadModel.ts';
import { parameterShapes } from '../../../src/main/models/parameterShapes.ts';
import { SafetensorsFile, writeSafetensors } from '../../../src/main/models/safetensors.ts';
import { saveModelFolder } from '../../../src/main/models/saveModel.ts';
import { CriaError } from '../../../src/shared/errors.ts';
import { temporaryFolder } from '../../support/jobContext.ts';
import { ARCHITECTURES, readParameters, tinyModel } from '../../support/tinyModels.ts';

async function savedModel(type: (typeof ARCHITECTURES)[number]) {
  const model = tinyModel(type);
  const folder = join(temporaryFolder(), 'model');
  await saveModelFolder(folder, { config: model.config, values: (name) => model.parameters.get(name)!.dataSync() as Float32Array, tokenizerPath: null });
  return { model, folder };
}

describe.each(ARCHITECTURES)('a %s folder', (type) => {
  it('brings back the same config and parameters', async () => {
    const { model, folder } = await savedModel(type);
    const loaded = loadModelFolder(folder);
    expect(loaded.config).toEqual(model.config);
    expect(readParameters(loaded)).toEqual(readParameters(model));
  });

  it('is read in shards too, and refuses a shard outside of it', async () => {
    const { model, folder } = await savedModel(type);
    const names = [...parameterShapes(model.config).keys()];
    const halves = [names.slice(0, 5), names.slice(5)];
    const weight_map: Record<string, string> = {};
    halves.forEach((half, i) => {
      const file = `model-0000${i + 1}-of-00002.safetensors`;
      writeSafetensors(join(folder, file), new Map(half.map((name) => [name, { shape: model.parameters.get(name)!.shape, values: () => model.parameters.get(name)!.dataSync() as Float32Array }])));
      for (const name of half) weight_map[name] = file;
    });
    rmSync(join(folder, 'model.safetensors'));
    const index = join(folder, 'model.safetensors.index.json');
    writeFileSync(index, JSON.stringify({ weight_map }));
    expect(readParameters(loadModelFolder(folder))).toEqual(readParameters(model));
    writeFileSync(index, JSON.stringify({ weight_map: { ...weight_map, [names[0]!]: '../../secret.safetensors' } }));
    expect(() => loadModelFolder(folder)).toThrow(/is not a file of that folder/);
  });
});

describe('a bad model folder', () => {
  const change = (folder: string, changes: object) => {
    const path = join(folder, 'config.json');
    writeFileSync(path, JSON.stringify({ ...(JSON.parse(readFileSync(path, 'utf8')) as object), ...changes }));
  };

  it.each([
    ['another architecture', { model_type: 'mamba' }, /Cria knows|model_type is "mamba"/],
    ['grouped-query attention', { num_key_value_heads: 1 }, /fewer key-value heads/],
    ['scaled rotary positions', { rope_scaling: { type: 'linear', factor: 2 } }, /rope_scaling/],
    ['another activation', { hidden_act: 'gelu' }, /hidden_act/],
    ['sizes that do not divide', { num_attention_heads: 3, num_key_value_heads: 3, head_dim: 16 / 3 }, /head_dim|divided/],
    ['sizes that its weights do not have', { vocab_size: 51 }, /has shape \[50, 16\], the config asks for \[51, 16\]/],
    ['more layers than its weights', { num_hidden_layers: 3 }, /parameters are missing/],
    ['fewer layers than its weights', { num_hidden_layers: 1 }, /tensors that a llama of that config does not have/],
  ])('is refused: %s', async (_, changes, message) => {
    const { folder } = await savedModel('llama');
    change(folder, changes);
    expect(() => loadModelFolder(folder)).toThrow(message);
    expect(() => loadModelFolder(folder)).toThrow(CriaError);
  });

  it('with pickled weights is refused with the way out', async () => {
    const { folder } = await savedModel('llama');
    renameSync(join(folder, 'model.safetensors'), join(folder, 'pytorch_model.bin'));
    expect(() => loadModelFolder(folder)).toThrow(expect.objectContaining({ code: 'bad-model', hint: expect.stringContaining('safe_serialization') as string }));
  });

  it('without a config is refused', () => {
    const folder = temporaryFolder();
    mkdirSync(folder, { recursive: true });
    expect(() => loadModelFolder(folder)).toThrow(/config\.json cannot be read/);
  });
});

describe('safetensors', () => {
  it('bring back what was written', () => {
    const path = join(temporaryFolder(), 'a.safetensors');
    fc.assert(
      fc.property(fc.dictionary(fc.string({ minLength: 1 }).filter((name) => name !== '__metadata__' && name !== '__proto__'), fc.array(fc.float({ noNaN: true }), { maxLength: 20 }), { maxKeys: 5 }), (tensors) => {
        writeSafetensors(path, new Map(Object.entries(tensors).map(([name, values]) => [name, { shape: [values.length], values: () => Float32Array.from(values) }])));
        const file = new SafetensorsFile(path);
        expect([...file.tensors.keys()].sort()).toEqual(Object.keys(tensors).sort());
        for (const [name, values] of Object.entries(tensors)) expect(file.readFloats(name)).toEqual(Float32Array.from(values));
        file.close();
      }),
      { numRuns: 50 },
    );
  });

  it('convert half precision', () => {
    const path = join(temporaryFolder(), 'half.safetensors');
    const header = JSON.stringify({ a: { dtype: 'BF16', shape: [2], data_offsets: [0, 4] }, b: { dtype: 'F16', shape: [4], data_offsets: [4, 12] } });
    const prefix = Buffer.alloc(8);
    prefix.writeBigUInt64LE(BigInt(header.length));
    const data = Buffer.from(Uint16Array.from([0x3fc0, 0xc000, 0x3c00, 0xc000, 0x7c00, 0x0001]).buffer);
    writeFileSync(path, Buffer.concat([prefix, Buffer.from(header), data]));
    const file = new SafetensorsFile(path);
    expect([...file.readFloats('a')]).toEqual([1.5, -2]);
    expect([...file.readFloats('b')]).toEqual([1, -2, Infinity, 2 ** -24]);
    file.close();
  });

  const write = (claimed: bigint, header: string, data = 16) => {
    const path = join(temporaryFolder(), 'bad.safetensors');
    const prefix = Buffer.alloc(8);
    prefix.writeBigUInt64LE(claimed);
    writeFileSync(path, Buffer.concat([prefix, Buffer.from(header), Buffer.alloc(data)]));
    return path;
  };
  const tensor = (changes: object) => JSON.stringify({ a: { dtype: 'F32', shape: [4], data_offsets: [0, 16], ...changes } });
  it.each([
    ['a header of 2^60 bytes', 2n ** 60n, '{}', /claims 1152921504606846976 bytes/],
    ['a header that is not JSON', 5n, '{"a":', /not JSON/],
    ['a tensor beyond the file', null, tensor({ data_offsets: [0, 1600], shape: [400] }), /but the file has 16/],
    ['a shape that overflows', null, tensor({ shape: [2 ** 52, 2 ** 52] }), /needs .* bytes, but has 16/],
    ['a negative size', null, tensor({ shape: [-4] }), /no proper shape/],
    ['an unknown type', null, tensor({ dtype: 'toString' }), /unknown type/],
    ['tensors that overlap', null, JSON.stringify({ a: { dtype: 'F32', shape: [3], data_offsets: [0, 12] }, b: { dtype: 'F32', shape: [2], data_offsets: [8, 16] } }), /overlap/],
  ])('are refused before anything is allocated: %s', (_, claimed, header, message) => {
    expect(() => new SafetensorsFile(write(claimed ?? BigInt(Buffer.byteLength(header)), header))).toThrow(message);
  });

  it('whatever their header says, end in a CriaError or are read', () => {
    const path = join(temporaryFolder(), 'fuzz.safetensors');
    const header = tensor({});
    fc.assert(
      fc.property(fc.nat(header.length - 1), fc.string({ maxLength: 6 }), fc.nat(6), (at, inserted, removed) => {
        const changed = header.slice(0, at) + inserted + header.slice(at + removed);
        const prefix = Buffer.alloc(8);
        prefix.writeBigUInt64LE(BigInt(Buffer.byteLength(changed)));
        writeFileSync(path, Buffer.concat([prefix, Buffer.from(changed), Buffer.alloc(16)]));
        try {
          new SafetensorsFile(path).close();
        } catch (error) {
          expect(error).toBeInstanceOf(CriaError);
        }
      }),
      { numRuns: 500 },
    );
  });
});

it('config.json says what transformers needs', () => {
  expect(toConfigJson(tinyModel('gptj').config)).toMatchObject({ architectures: ['GPTJForCausalLM'], model_type: 'gptj', rotary_dim: 4, n_inner: null, activation_function: 'gelu_new' });
});
