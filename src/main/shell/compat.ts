/**
 * The few places where Electron's versions differ in what the shell needs. Cria is made for the newest; the tests also run the shell in
 * an old one, which has neither `protocol.handle` nor `setWindowOpenHandler` nor `senderFrame`.
 */
import type { IpcMainEvent, IpcMainInvokeEvent, Protocol, WebContents } from 'electron';

/** An answer to a request for one of the window's files. */
export interface FileAnswer {
  status: number;
  headers: Record<string, string>;
  body: Buffer;
}

interface OldProtocol {
  registerBufferProtocol(
    scheme: string,
    handler: (request: { url: string; method: string }, callback: (response: { statusCode: number; headers: Record<string, string>; mimeType: string; charset: string; data: Buffer }) => void) => void,
  ): void;
}

/** Answers a scheme's requests. */
export function serveScheme(protocol: Protocol, scheme: string, answer: (url: string, method: string) => FileAnswer): void {
  if (typeof protocol.handle === 'function') {
    protocol.handle(scheme, ({ url, method }) => {
      const { status, headers, body } = answer(url, method);
      return new Response(new Uint8Array(body), { status, headers });
    });
    return;
  }
  (protocol as OldProtocol).registerBufferProtocol(scheme, ({ url, method }, callback) => {
    const { status, headers, body } = answer(url, method);
    const [mimeType = 'text/plain'] = (headers['content-type'] ?? '').split(';');
    callback({ statusCode: status, headers, mimeType, charset: 'utf-8', data: body });
  });
}

/** Opens no window for a page, whatever asks for one. */
export function refuseNewWindows(contents: WebContents): void {
  if (typeof contents.setWindowOpenHandler === 'function') {
    contents.setWindowOpenHandler(() => ({ action: 'deny' }));
    return;
  }
  (contents as NodeJS.EventEmitter).on('new-window', (event: { preventDefault(): void }) => event.preventDefault());
}

/**
 * Address of the main frame that sent a message; null when it came from a frame inside it, or from one that is gone. Where an old
 * Electron does not tell frames apart, there is no other: preload scripts do not run in inner frames there.
 */
export function mainFrameUrl(event: IpcMainEvent | IpcMainInvokeEvent): string | null {
  if (!('senderFrame' in event)) return (event as { sender: WebContents }).sender.getURL();
  const { senderFrame: frame, sender } = event;
  return frame && frame === sender.mainFrame ? frame.url : null;
}

/** Where a navigation leads: newer Electrons say it in the event, older ones beside it. */
export function navigationTarget(event: { url?: string }, url: string | undefined): string {
  return event.url ?? url ?? '';
}
