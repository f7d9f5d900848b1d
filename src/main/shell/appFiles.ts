/** The window's files under the scheme's address, and nothing else: what is not in the renderer's build does not exist. */
import { CONTENT_SECURITY_POLICY, type RendererFile } from '../host/rendererFiles.ts';
import type { FileAnswer } from './compat.ts';

export const SCHEME = 'cria';
export const ORIGIN = `${SCHEME}://app`;
export const START_PAGE = `${ORIGIN}/index.html`;
export const SETUP_PAGE = `${ORIGIN}/setup.html`;

/** Whether an address is the app's own. Compared as text: URL gives schemes of one's own no origin. */
export function isOwnAddress(url: string): boolean {
  return url.startsWith(`${ORIGIN}/`);
}

/** @param files by path, as host/rendererFiles.ts reads them */
export function answerFile(files: ReadonlyMap<string, RendererFile>, url: string, method: string): FileAnswer {
  if (method !== 'GET' && method !== 'HEAD') return refusal(405, 'Only GET.');
  let path: string;
  try {
    const parsed = new URL(url);
    if (parsed.protocol !== `${SCHEME}:` || parsed.host !== 'app') return refusal(404, 'There is no such file.');
    path = parsed.pathname;
  } catch {
    return refusal(404, 'There is no such file.');
  }
  const file = files.get(path);
  if (!file) return refusal(404, 'There is no such file.');
  const headers = { ...HEADERS, 'content-type': file.type };
  return { status: 200, headers, body: method === 'HEAD' ? Buffer.alloc(0) : file.body };
}

const HEADERS = {
  'content-security-policy': CONTENT_SECURITY_POLICY,
  'x-content-type-options': 'nosniff',
  'cross-origin-opener-policy': 'same-origin',
  'cross-origin-resource-policy': 'same-origin',
  'cache-control': 'no-cache',
};

function refusal(status: number, message: string): FileAnswer {
  return { status, headers: { ...HEADERS, 'content-type': 'text/plain; charset=utf-8' }, body: Buffer.from(`${message}\n`) };
}
