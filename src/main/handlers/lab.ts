/** Requests of the text laboratory. */
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { CriaError } from '../../shared/errors.ts';
import { attentionFile, readAttention } from '../lab/attentionFile.ts';
import { findModel } from './caller.ts';
import { started, type DomainHandlers, type Services } from './services.ts';

export function labHandlers({ store, workspace, queue }: Services): DomainHandlers<'lab'> {
  return {
    'lab.inspect'({ models, text }, caller) {
      const resolved = models.map((model) => findModel(workspace, model, caller));
      return started(queue.submit({ kind: 'inspect', name: `Read “${text.length > 40 ? `${text.slice(0, 39)}…` : text}”`, params: { models: resolved, text } }));
    },
    'lab.attention'({ runId, model, layer }) {
      store.getRun(runId);
      const path = join(workspace.runFolder(runId), attentionFile(model));
      if (!existsSync(path)) throw new CriaError('not-found', `There are no attention maps of that model on this text.`, 'Read the text again; long texts have none.');
      return { heads: readAttention(path, layer) };
    },
  };
}
