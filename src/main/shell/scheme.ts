/** The scheme that the window's files are served under: a real origin, so that the browser's own rules hold, and no access to the disk. */
import { app, protocol } from 'electron';
import { readRenderer } from '../host/rendererFiles.ts';
import { answerFile, SCHEME } from './appFiles.ts';
import { serveScheme } from './compat.ts';

/** Before the app is ready: Electron takes schemes only then. */
export function setUpScheme(): void {
  protocol.registerSchemesAsPrivileged([{ scheme: SCHEME, privileges: { standard: true, secure: true, supportFetchAPI: true } }]);
}

/** @param folder of the renderer's build. @throws CriaError `not-found` when there is none */
export async function setUpFiles(folder: string): Promise<void> {
  const files = readRenderer(folder);
  await app.whenReady();
  serveScheme(protocol, SCHEME, (url, method) => answerFile(files, url, method));
}
