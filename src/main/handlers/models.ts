/** Requests about models. */
import { existsSync, readdirSync } from 'node:fs';
import os from 'node:os';
import { basename, join } from 'node:path';
import { CriaError } from '../../shared/errors.ts';
import { cardOf } from '../exchange/collectCard.ts';
import { findModel } from './caller.ts';
import { started, type DomainHandlers, type Services } from './services.ts';

export function modelHandlers({ store, workspace, queue }: Services): DomainHandlers<'model'> {
  return {
    'model.list': () => store.listModels(),
    'model.import'({ source, name }, caller) {
      caller.read(source);
      const target = name ?? basename(source);
      if (existsSync(workspace.modelFolder(target))) {
        throw new CriaError('exists', `There is a model named "${target}" already.`, 'Choose another name with --name.');
      }
      return started(queue.submit({ kind: 'import', name: `Import ${target}`, modelName: target, params: { source, name: target } }));
    },
    'model.export'({ model, output }, caller) {
      const resolved = findModel(workspace, model, caller);
      caller.write(output);
      return started(queue.submit({ kind: 'export', name: `Export ${resolved.name}`, params: { model: resolved, output, card: cardOf(store, resolved) } }));
    },
    'model.findCached': () => cachedModels(),
    'model.generate'({ model, ...params }, caller) {
      const resolved = findModel(workspace, model, caller);
      return started(queue.submit({ kind: 'generate', name: `Write with ${resolved.name}`, params: { model: resolved, ...params } }));
    },
  };
}

/** Where Hugging Face's libraries keep what they have downloaded. */
export function modelCache(): string {
  return process.env.HF_HUB_CACHE ?? join(process.env.HF_HOME ?? join(os.homedir(), '.cache', 'huggingface'), 'hub');
}

/** Folders with a model's config in Hugging Face's cache (models--OWNER--NAME/snapshots/REVISION). */
function cachedModels(): { name: string; folder: string }[] {
  const hub = modelCache();
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
