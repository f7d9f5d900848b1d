/** What users of other tools complain of: distillation. */
import { join } from 'node:path';
import { expect, it, onTestFinished } from 'vitest';
import type { RunConfig } from '../../../src/shared/config.ts';
import { CriaError } from '../../../src/shared/errors.ts';
import { loadTokenizer } from '../../../src/main/corpus/tokenizer.ts';
import { trainTokenizer } from '../../../src/main/corpus/trainTokenizer.ts';
import { createModel } from '../../../src/main/models/createModel.ts';
import { saveModelFolder } from '../../../src/main/models/saveModel.ts';
import { loadTeachers } from '../../../src/main/training/teachers.ts';
import { Workspace } from '../../../src/main/workspace.ts';
import { writeCorpus } from '../../e2e/support.ts';
import { RecordingContext, temporaryFolder } from '../../support/jobContext.ts';
import { newProgram } from '../../support/programs.ts';
import { TINY_CONFIGS } from '../../support/tinyModels.ts';

it('torchtune 2119: a teacher whose vocabulary was padded is refused in words, before anything is computed', async () => {
  const root = temporaryFolder();
  writeCorpus(join(root, 'corpus'));
  const path = join(root, 'tokenizer.json');
  await trainTokenizer({ inputs: [join(root, 'corpus')], output: path, vocabSize: 300, minFrequency: 1 }, new RecordingContext());
  const tokenizer = await loadTokenizer(path);
  const padded = Math.ceil((tokenizer.vocabSize + 1) / 128) * 128;
  const workspace = new Workspace(join(root, 'workspace'));
  const student = { ...TINY_CONFIGS.llama, vocab_size: tokenizer.vocabSize };
  const save = async (name: string, vocabulary: number) => {
    const model = createModel({ ...student, vocab_size: vocabulary }, { seed: 1 });
    await saveModelFolder(workspace.modelFolder(name), { config: model.config, tokenizerPath: path, values: (parameter) => model.parameters.get(parameter)!.dataSync() as Float32Array });
    model.dispose();
  };
  await save('padded', padded);
  await save('fitting', tokenizer.vocabSize);
  const program = newProgram('eager');
  onTestFinished(() => program.dispose());
  const load = (teacher: string) => loadTeachers({ data: { seq_length: 16 }, distillation: { teachers: [teacher], teacher_weights: null } } as unknown as RunConfig, tokenizer, student, program, workspace);
  const refusal = await load('padded').catch((error: unknown) => error);
  expect(refusal).toBeInstanceOf(CriaError);
  expect(refusal).toMatchObject({ code: 'bad-model', message: expect.stringContaining(`vocabulary of ${padded} tokens, the student's has ${tokenizer.vocabSize}`) as string });
  const [teacher] = await load('fitting');
  expect(teacher!.name).toBe('fitting');
  teacher!.model.dispose();
});
