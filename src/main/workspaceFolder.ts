/** Which folder is the workspace, for every process that has to know before it opens it. */
import { homedir } from 'node:os';
import { join, resolve } from 'node:path';

/** `--workspace`, else `CRIA_WORKSPACE`, else the user's data folder. */
export function workspaceFolder(given: string | undefined): string {
  if (given) return resolve(given);
  if (process.env.CRIA_WORKSPACE) return resolve(process.env.CRIA_WORKSPACE);
  if (process.platform === 'win32' && process.env.LOCALAPPDATA) return join(process.env.LOCALAPPDATA, 'cria', 'workspace');
  if (process.platform === 'darwin') return join(homedir(), 'Library', 'Application Support', 'cria');
  return join(process.env.XDG_DATA_HOME || join(homedir(), '.local', 'share'), 'cria');
}
