/**
 * What the preload script puts into the page as `window.cria`, and the names under which its calls reach the shell. Both ends import this
 * file, so that neither can name what the other does not know.
 */

export interface ShellBridge {
  /** Opens a connection of this window's own; an earlier one is closed. */
  open(): void;
  /** Messages as shared/wire.ts writes them. */
  send(message: string): void;
  onMessage(listener: (message: string) => void): void;
  onClose(listener: () => void): void;
  /** System dialogs and notices that only the shell has. */
  chooseFolder(title: string): Promise<string | null>;
  setProgress(fraction: number | null): void;
  notify(title: string, body: string): void;
  /** Whether the page has text that would be lost with it. */
  setUnsaved(unsaved: boolean): void;
  /** A menu command, e.g. "go:/new". */
  onCommand(listener: (command: string) => void): void;
}

/** From the page to the shell. */
export const FROM_PAGE = {
  open: 'cria:open',
  send: 'cria:send',
  chooseFolder: 'cria:choose-folder',
  setProgress: 'cria:set-progress',
  notify: 'cria:notify',
  setUnsaved: 'cria:set-unsaved',
} as const;

/** From the shell to the page. */
export const TO_PAGE = {
  message: 'cria:message',
  close: 'cria:close',
  command: 'cria:command',
} as const;

/** Requests of the contract stay far below; a config's text is the largest. The host's socket has the same limit. */
export const MAX_PAGE_MESSAGE_LENGTH = 8 * 1024 * 1024;
