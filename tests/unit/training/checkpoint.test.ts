import { cpSync, existsSync, readdirSync, readFileSync, rmSync, truncateSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterEach, describe, expect, it, vi } from 'vitest';
import { Checkpoints, type TrainingState } from '../../../src/main/training/checkpoint.ts';
import { createStep, languageModelling } from '../../../src/main/training/step.ts';
import { temporaryFolder } from '../../support/jobContext.ts';
import { newProgram, WAYS, type Way } from '../../support/programs.ts';
import { readParameters, tinyIds, tinyModel } from '../../support/tinyModels.ts';

const open: { dispose(): void }[] = [];
afterEach(() => {
  for (const thing of open.splice(0)) thing.dispose();
  vi.restoreAllMocks();
});

function setUp({ folder = temporaryFolder(), way = 'eager' as Way } = {}) {
  const program = newProgram(way);
  const model = tinyModel('llama', 1, program);
  const step = createStep(model, languageModelling, { weightDecay: 0, maxGradNorm: 1 });
  open.push(program, model);
  const train = (number: number) => step.run({ ids: tinyIds(32), sequences: 4, length: 8, accumulationSteps: 1 }, { learningRate: 1e-2, step: number, dropoutSeed: 1 });
  const checkpoints = new Checkpoints(folder, program);
  const save = (state: Partial<TrainingState>) =>
    checkpoints.save({ step: 1, tokens: 10, seconds: 1.5, best: null, window: { steps: 0, sums: {} }, ...state }, model.parameters, step.state());
  return { folder, program, model, step, train, checkpoints, save };
}

const stepsIn = (folder: string) => readdirSync(join(folder, 'checkpoints')).map((name) => Number(name.replace('step-', '')));

describe('checkpoints', () => {
  it.each(WAYS)('bring back weights and optimiser, so that training goes on with the same bits, %s', async (way) => {
    const run = setUp({ way });
    run.train(1);
    await run.save({ step: 1 });
    const expected = [run.train(2), run.train(3)];
    const expectedWeights = readParameters(run.model);

    const later = setUp({ folder: run.folder, way });
    expect(later.checkpoints.newest()).toEqual({ step: 1, tokens: 10, seconds: 1.5, best: null, window: { steps: 0, sums: {} } });
    later.checkpoints.restore(1, later.model.parameters, later.step.state());
    expect([later.train(2), later.train(3)]).toEqual(expected);
    expect(readParameters(later.model)).toEqual(expectedWeights);
  });

  it('keep the newest and the best, and no other', async () => {
    const { folder, save, checkpoints } = setUp();
    await save({ step: 1, best: { step: 1, evalLossNats: 3 } });
    await save({ step: 2, best: { step: 2, evalLossNats: 2 } });
    await save({ step: 3, best: { step: 2, evalLossNats: 2 } });
    await save({ step: 4, best: { step: 2, evalLossNats: 2 } });
    expect(stepsIn(folder)).toEqual([2, 4]);
    expect(checkpoints.newest()?.step).toBe(4);
  });

  it.each(['weights.safetensors', 'optimiser.safetensors', 'state.json', 'complete.json'])('do not count when %s is cut short or missing', async (file) => {
    const { folder, save, checkpoints } = setUp();
    await save({ step: 1, best: { step: 1, evalLossNats: 3 } });
    await save({ step: 2, best: { step: 1, evalLossNats: 3 } });
    const path = join(folder, 'checkpoints', 'step-000000002', file);
    // The very last byte of a JSON file is but its newline.
    truncateSync(path, readFileSync(path).length - 2);
    expect(checkpoints.newest()?.step).toBe(1);
    rmSync(path);
    expect(checkpoints.newest()?.step).toBe(1);
  });

  it('clear away what a kill in the middle of saving left, and are not fooled by it', async () => {
    const { folder, save, checkpoints } = setUp();
    await save({ step: 1, best: { step: 1, evalLossNats: 3 } });
    const whole = join(folder, 'checkpoints', 'step-000000001');
    cpSync(whole, join(folder, 'checkpoints', 'step-000000002.999.1.tmp'), { recursive: true });
    expect(checkpoints.newest()?.step).toBe(1);
    await save({ step: 3, best: { step: 1, evalLossNats: 3 } });
    expect(stepsIn(folder)).toEqual([1, 3]);
  });

  it('written by a later version are not misread', async () => {
    const { folder, save, checkpoints } = setUp();
    await save({ step: 1 });
    const path = join(folder, 'checkpoints', 'step-000000001', 'state.json');
    writeFileSync(path, readFileSync(path, 'utf8').replace('"version": 1', '"version": 2'));
    expect(() => checkpoints.newest()).toThrow(/was not written by this version/);
  });

  it('that find no room leave the earlier one unharmed and say so', async () => {
    const { folder, save, checkpoints, program } = setUp();
    await save({ step: 1, best: { step: 1, evalLossNats: 3 } });
    vi.spyOn(program, 'read').mockImplementation(() => {
      throw Object.assign(new Error('ENOSPC: no space left on device, write'), { code: 'ENOSPC' });
    });
    await expect(save({ step: 2 })).rejects.toMatchObject({ code: 'no-space', message: expect.stringContaining('checkpoint of step 2') as string });
    expect(stepsIn(folder)).toEqual([1]);
    expect(checkpoints.newest()?.step).toBe(1);
    expect(existsSync(join(folder, 'checkpoints', 'step-000000001', 'complete.json'))).toBe(true);
  });
});
