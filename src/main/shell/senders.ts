/** Who may speak to the shell: the main frame of one of its own windows, showing the app's own page. Everybody else is not heard. */
import type { IpcMainEvent, IpcMainInvokeEvent, WebContents } from 'electron';
import { CriaError } from '../../shared/errors.ts';
import { MAX_PAGE_MESSAGE_LENGTH } from '../../shared/shellBridge.ts';
import { isOwnAddress } from './appFiles.ts';
import { mainFrameUrl } from './compat.ts';

export function isTrustedSender(event: IpcMainEvent | IpcMainInvokeEvent, ownWindows: ReadonlySet<WebContents>): boolean {
  if (!ownWindows.has(event.sender)) return false;
  const url = mainFrameUrl(event);
  return url !== null && isOwnAddress(url);
}

/** A page's text of bearable length; null for anything else. */
export function readText(value: unknown, maxLength: number = MAX_PAGE_MESSAGE_LENGTH): string | null {
  return typeof value === 'string' && value.length <= maxLength ? value : null;
}

/** Progress as the taskbar takes it: 0 to 1, -1 for none; null for anything else. */
export function readFraction(value: unknown): number | null {
  if (value === null) return -1;
  return typeof value === 'number' && Number.isFinite(value) ? Math.min(Math.max(value, 0), 1) : null;
}

export function untrusted(): CriaError {
  return new CriaError('bad-request', 'This window may not ask for that.');
}
