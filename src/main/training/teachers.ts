/** The teachers of a distillation: found, loaded, and held against the student's vocabulary. */
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import type { RunConfig } from '../../shared/config.ts';
import { CriaError } from '../../shared/errors.ts';
import { loadTokenizer, type Tokenizer } from '../corpus/tokenizer.ts';
import type { LanguageModel } from '../models/languageModel.ts';
import { loadModelFolder } from '../models/loadModel.ts';
import type { ModelConfig } from '../models/modelConfig.ts';
import type { Program } from '../tensorflow/program.ts';
import type { Workspace } from '../workspace.ts';

export interface Teacher {
  name: string;
  model: LanguageModel;
}

/**
 * Loads the teachers that the config names into the student's program; none for plain training.
 * @throws CriaError `not-found`; `bad-model` when a teacher's vocabulary, tokenizer or positions do not fit the student's
 */
export async function loadTeachers({ distillation, data }: RunConfig, tokenizer: Tokenizer, student: ModelConfig, program: Program, workspace: Workspace): Promise<Teacher[]> {
  if (!distillation) return [];
  if (distillation.teacher_weights && distillation.teacher_weights.length !== distillation.teachers.length) {
    throw new CriaError('bad-config', `distillation.teacher_weights has ${distillation.teacher_weights.length} weights for ${distillation.teachers.length} teachers.`, 'Give one weight per teacher.');
  }
  const teachers: Teacher[] = [];
  try {
    for (const reference of distillation.teachers) {
      const { name, folder } = workspace.resolveModel(reference);
      await refuseOtherTokenizer(name, folder, tokenizer);
      // They are not trained, so half precision does for their weights where the program has one.
      const model = loadModelFolder(folder, { program, half: true });
      teachers.push({ name, model });
      const { vocab_size: vocabulary, max_positions: positions } = model.config;
      if (vocabulary !== student.vocab_size) {
        throw new CriaError('bad-model', `The teacher "${name}" has a vocabulary of ${vocabulary} tokens, the student's has ${student.vocab_size}; their logits cannot be compared.`,
          'Teachers and student share one tokenizer.');
      }
      if (positions < data.seq_length) {
        throw new CriaError('bad-model', `The teacher "${name}" takes ${positions} positions, but data.seq_length is ${data.seq_length}.`, 'Use a shorter seq_length.');
      }
    }
  } catch (error) {
    for (const { model } of teachers) model.dispose();
    throw error;
  }
  return teachers;
}

/** Equal sizes do not make equal vocabularies: every token has to mean the same to both. */
async function refuseOtherTokenizer(name: string, folder: string, ours: Tokenizer): Promise<void> {
  const path = join(folder, 'tokenizer.json');
  if (!existsSync(path)) return; // Nothing to compare with; sizes are compared later.
  const theirs = await loadTokenizer(path);
  for (let id = 0; id < Math.max(ours.vocabSize, theirs.vocabSize); id++) {
    const [a, b] = [ours.idToToken(id), theirs.idToToken(id)];
    if (a === b) continue;
    throw new CriaError('bad-model', `The teacher "${name}" was trained with another tokenizer: token ${id} is ${JSON.stringify(b)} there and ${JSON.stringify(a)} in ${ours.path}.`,
      'Train teachers and student with one tokenizer.');
  }
}
