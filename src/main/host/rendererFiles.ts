/** The renderer's build, read once: what is not among its files when the host starts is never served. */
import { readdirSync, readFileSync } from 'node:fs';
import { extname, join, relative, sep } from 'node:path';
import { CriaError } from '../../shared/errors.ts';

const TYPES: Record<string, string> = {
  '.html': 'text/html; charset=utf-8',
  '.js': 'text/javascript; charset=utf-8',
  '.css': 'text/css; charset=utf-8',
  '.svg': 'image/svg+xml',
  '.png': 'image/png',
  '.woff2': 'font/woff2',
  '.json': 'application/json',
};

/** Styles are set by script throughout (charts, editor, floating panels); nothing else may come from anywhere but the app itself. */
export const CONTENT_SECURITY_POLICY =
  "default-src 'none'; script-src 'self'; style-src 'self' 'unsafe-inline'; img-src 'self' data: blob:; font-src 'self'; connect-src 'self'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'";

export interface RendererFile {
  type: string;
  body: Buffer;
}

/** @throws CriaError `not-found` when there is no build */
export function readRenderer(folder: string): Map<string, RendererFile> {
  const files = new Map<string, RendererFile>();
  try {
    for (const entry of readdirSync(folder, { recursive: true, withFileTypes: true })) {
      if (!entry.isFile()) continue;
      const path = join(entry.parentPath, entry.name);
      files.set(`/${relative(folder, path).split(sep).join('/')}`, { type: TYPES[extname(path)] ?? 'application/octet-stream', body: readFileSync(path) });
    }
  } catch (error) {
    throw new CriaError('not-found', `The window's files are not in ${folder}: ${(error as Error).message}`, 'Run `npm start` once; it builds them.', { cause: error });
  }
  const index = files.get('/index.html');
  if (!index) throw new CriaError('not-found', `${folder} has no index.html.`, 'Run `npm start` once; it builds it.');
  files.set('/', index);
  return files;
}
