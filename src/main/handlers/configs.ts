/** Requests about configs. */
import { createHash } from 'node:crypto';
import { existsSync, mkdirSync, readdirSync, readFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { stringify } from 'yaml';
import type { RunConfig } from '../../shared/config.ts';
import { CriaError } from '../../shared/errors.ts';
import { estimateRun } from '../config/estimate.ts';
import { checkConfigText } from '../config/checkText.ts';
import { MAX_CONFIG_BYTES, type ConfigMessage } from '../config/parseConfig.ts';
import { MAX_TOKENIZER_BYTES } from '../corpus/tokenizerSchema.ts';
import { isSafeName, writeFileAtomic } from '../disk/atomic.ts';
import { readBounded } from '../disk/foreignFile.ts';
import { isPath } from '../workspace.ts';
import type { Caller } from './caller.ts';
import type { DomainHandlers, Services } from './services.ts';

export function configHandlers(services: Services): DomainHandlers<'config'> {
  const { store, workspace, configFolder } = services;
  const own = join(workspace.root, 'configs');

  return {
    'config.list'() {
      const shipped = ['', 'small', 'demo'].flatMap((part) => yamlFiles(join(configFolder, part)).map((file) => ({ file, name: part ? `${part}/${file}` : file, folder: join(configFolder, part), shipped: true })));
      const saved = yamlFiles(own).map((file) => ({ file, name: file, folder: own, shipped: false }));
      return [...saved, ...shipped].map(({ file, name, folder, shipped: isShipped }) => {
        const path = join(folder, file);
        const text = readFileSync(path, 'utf8');
        return {
          name: name.replace(/\.ya?ml$/, ''),
          path,
          shipped: isShipped,
          type: /^\s+type:\s*"?(\w+)/m.exec(text)?.[1] ?? '',
          method: /^distillation:/m.test(text) ? 'distil' as const : 'train' as const,
        };
      });
    },
    'config.read'({ path }, caller) {
      caller.read(path);
      const folders = [resolve(configFolder), own];
      if (!/\.ya?ml$/.test(path)) throw new CriaError('bad-input', `${path} is not a YAML file.`, `Configs lie in ${folders.join(' or ')}.`);
      return { text: readBounded(path, MAX_CONFIG_BYTES, 'bad-input') };
    },
    'config.check'({ text, path }, caller) {
      const searchFolders = [workspace.root, configFolder];
      const isReadable = (candidate: string) => caller.isReadable(candidate);
      const { problems, warnings, config, given, lines, unreadable } = checkConfigText(text, { file: path ?? 'config', searchFolders, isReadable });
      if (config && !unreadable) problems.push(...teacherProblems(config, services, lines.get('distillation.teachers') ?? null, caller));
      return {
        problems,
        warnings,
        values: config ? flatValues(config) : {},
        given,
        estimate: config && !unreadable ? estimateRun(config, { workspace, store, searchFolders }) : null,
      };
    },
    'config.save'({ name, text, replace }) {
      if (!isSafeName(name)) throw new CriaError('bad-input', `"${name}" cannot be a config's name.`, 'Use letters, digits, ".", "_", "-" and spaces.');
      mkdirSync(own, { recursive: true, mode: 0o700 });
      const path = join(own, `${name.replace(/\.ya?ml$/, '')}.yaml`);
      if (!replace && existsSync(path)) throw new CriaError('exists', `There is a config named "${name}" already.`, 'Choose another name, or replace it.');
      writeFileAtomic(path, (append) => append(text));
      return { path };
    },
    'config.ofRun'({ runId }) {
      const { config } = store.getRun(runId).params as { config?: RunConfig };
      if (!config) throw new CriaError('bad-request', `Run ${runId} has no config.`);
      return { text: stringify(withoutEmpty(config)) };
    },
  };
}

/** Teachers that are not there, or were trained with another tokenizer: told before the start instead of in its first seconds. */
function teacherProblems({ distillation, data }: RunConfig, { workspace, store }: Services, line: number | null, caller: Caller): ConfigMessage[] {
  if (!distillation) return [];
  const problem = (message: string) => ({ key: 'distillation.teachers', line, message });
  const models = store.listModels();
  const sha256 = tokenizerHash(data.tokenizer_path);
  return distillation.teachers.flatMap((teacher) => {
    try {
      if (isPath(teacher)) caller.read(teacher);
      workspace.resolveModel(teacher);
    } catch (error) {
      return [problem((error as Error).message)];
    }
    const theirs = models.find(({ name }) => name === teacher)?.tokenizerSha256;
    return theirs && sha256 && theirs !== sha256 ? [problem(`the teacher "${teacher}" was trained with another tokenizer than ${data.tokenizer_path}; teachers and student share one`)] : [];
  });
}

/** Null for what is no tokenizer's file; that is a problem of its own. */
function tokenizerHash(path: string): string | null {
  try {
    return createHash('sha256').update(readBounded(path, MAX_TOKENIZER_BYTES, 'bad-input')).digest('hex');
  } catch {
    return null;
  }
}

function yamlFiles(folder: string): string[] {
  return existsSync(folder) ? readdirSync(folder).filter((file) => /\.ya?ml$/.test(file)).sort() : [];
}

function flatValues(config: RunConfig): Record<string, string> {
  return Object.fromEntries(
    Object.entries(config).flatMap(([section, keys]) => (keys === null ? [] : Object.entries(keys as object).map(([key, value]) => [`${section}.${key}`, JSON.stringify(value)]))),
  );
}

/** Sections that are null would be read as empty; keys keep their values, null ones too. */
function withoutEmpty(config: RunConfig): Partial<RunConfig> {
  const { distillation, ...rest } = config;
  return distillation ? { ...rest, distillation } : rest;
}
