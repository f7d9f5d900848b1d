/** One window process per workspace: who starts a second one sees the first one's window. */
import { app } from 'electron';
import { createHash } from 'node:crypto';
import { join } from 'node:path';

/**
 * Gives the workspace a folder of its own for what Chromium keeps, which is also what tells instances apart.
 * @returns false when another process has the workspace's window; this one has to go
 */
export function setUpInstance(workspace: string): boolean {
  const name = createHash('sha256').update(workspace).digest('hex').slice(0, 12);
  app.setPath('userData', join(app.getPath('appData'), 'cria', `window-${name}`));
  return app.requestSingleInstanceLock();
}
