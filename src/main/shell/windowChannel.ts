/** A window's end of the relay: one channel at a time, which closes with the window or when the page opens another. */
import type { Channel } from '../../shared/protocol.ts';
import { TO_PAGE } from '../../shared/shellBridge.ts';
import { decodeMessage, encodeMessage } from '../../shared/wire.ts';

/** What this needs of Electron's WebContents. */
export interface Page {
  isDestroyed(): boolean;
  send(channel: string, ...args: unknown[]): void;
}

export class WindowChannel implements Channel {
  readonly #page: Page;
  readonly #messageListeners: ((message: unknown) => void)[] = [];
  readonly #closeListeners: (() => void)[] = [];
  #open = true;

  constructor(page: Page) {
    this.#page = page;
  }

  send(message: unknown): void {
    if (this.#open && !this.#page.isDestroyed()) this.#page.send(TO_PAGE.message, encodeMessage(message));
  }

  onMessage(listener: (message: unknown) => void): void {
    this.#messageListeners.push(listener);
  }

  onClose(listener: () => void): void {
    this.#closeListeners.push(listener);
  }

  /** The engine's end is gone: the page is told, and opens another channel when it wants one. */
  close(): void {
    if (!this.#open) return;
    this.abandon();
    if (!this.#page.isDestroyed()) this.#page.send(TO_PAGE.close);
  }

  /** The page's end is gone, or has another channel: it is told nothing. */
  abandon(): void {
    if (!this.#open) return;
    this.#open = false;
    for (const listener of this.#closeListeners) listener();
  }

  /** Takes what the page sent. Text that is no message ends the connection. */
  receive(text: string): void {
    if (!this.#open) return;
    let message: unknown;
    try {
      message = decodeMessage(text);
    } catch {
      this.close();
      return;
    }
    for (const listener of this.#messageListeners) listener(message);
  }
}
