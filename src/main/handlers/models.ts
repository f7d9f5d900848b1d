/** Requests about models. */
import { existsSync, readdirSync } from 'node:fs';
import os from 'node:os';
import { basename, join } from 'node:path';
import { CriaError } from '../../shared/errors.ts';
import { started, type DomainHandlers, type Services } from './services.ts';

export function modelHandlers({ store, workspace, queue }: Services): DomainHandlers<'model'> {
  return {
    'model.list': () => store.listModels(),
    'model.import'({ source, name }) {
      const target = name ?? basename(source);
      if (existsSync(workspace.modelFolder(target))) {
        throw new CriaError('exists', `There is a model named "${target}" already.`, 'Choose another name with --name.');
      }
      return started(queue.submit({ kind: 'import', name: `Import ${target}`, modelName: target, params: { source, name: target } }));
    },
    'model.export'({ model, output }) {
      const resolved = workspace.resolveModel(model);
      return started(queue.submit({ kind: 'export', name: `Export ${resolved.name}`, params: { model: resolved, output } }));
    },
    'model.findCached': () => cachedModels(),
    'model.generate'({ model, ...params }) {
      const resolved = workspace.resolveModel(model);
      return started(queue.submit({ kind: 'generate', name: `Write with ${resolved.name}`, params: { model: resolved, ...params } }));
    },
  };
}

/** Folders with a model's config in Hugging Face's cache (models--OWNER--NAME/snapshots/REVISION). */
function cachedModels(): { name: string; folder: string }[] {
  const hub = process.env.HF_HUB_CACHE ?? join(process.env.HF_HOME ?? join(os.homedir(), '.cache', 'huggingface'), 'hub');
  if (!existsSync(hub)) return [];
  return readdirSync(hub).filter((name) => name.startsWith('models--')).flatMap((entry) => {
    const snapshots = join(hub, entry, 'snapshots');
    if (!existsSync(snapshots)) return [];
    return readdirSync(snapshots)
      .map((revision) => join(snapshots, revision))
      .filter((folder) => existsSync(join(folder, 'config.json')))
      .map((folder) => ({ name: entry.slice('models--'.length).replace('--', '/'), folder }));
  });
}
