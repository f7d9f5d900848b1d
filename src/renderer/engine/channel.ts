/** The window's way to the engine: the shell's bridge where there is one, else a socket to the host that served the page. */
import type { Channel } from '../../shared/protocol.ts';
import { decodeMessage, encodeMessage } from '../../shared/wire.ts';

/** What the preload script puts into the page (src/preload/index.ts). */
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
  /** A menu command, e.g. "new-run". */
  onCommand(listener: (command: string) => void): void;
}

declare global {
  interface Window {
    cria?: ShellBridge;
  }
}

export const shell: ShellBridge | null = window.cria ?? null;

/** @returns a channel once it is open; rejects when nobody answers */
export function openChannel(): Promise<Channel> {
  return shell ? Promise.resolve(bridgeChannel(shell)) : socketChannel();
}

type Listeners = { message: ((message: unknown) => void) | null; close: (() => void) | null };
/** The bridge's listeners cannot be taken back, so they are set once and pass on to the newest channel. */
let current: Listeners | null = null;
let listening = false;

function bridgeChannel(bridge: ShellBridge): Channel {
  const listeners: Listeners = { message: null, close: null };
  current = listeners;
  if (!listening) {
    listening = true;
    bridge.onMessage((message) => current?.message?.(decodeMessage(message)));
    bridge.onClose(() => {
      const closing = current;
      current = null;
      closing?.close?.();
    });
  }
  bridge.open();
  return {
    send: (message) => {
      if (current === listeners) bridge.send(encodeMessage(message));
    },
    onMessage: (listener) => {
      listeners.message = listener;
    },
    onClose: (listener) => {
      const earlier = listeners.close;
      listeners.close = () => {
        earlier?.();
        listener();
      };
    },
    close: () => {
      if (current === listeners) current = null;
    },
  };
}

function socketChannel(): Promise<Channel> {
  return new Promise((resolve, reject) => {
    const socket = new WebSocket(`ws://${location.host}/socket`);
    socket.addEventListener('error', () => reject(new Error('The engine does not answer.')));
    socket.addEventListener('open', () =>
      resolve({
        send: (message) => {
          if (socket.readyState === WebSocket.OPEN) socket.send(encodeMessage(message));
        },
        onMessage: (listener) => socket.addEventListener('message', ({ data }) => listener(decodeMessage(data as string))),
        onClose: (listener) => socket.addEventListener('close', () => listener()),
        close: () => socket.close(),
      }),
    );
  });
}
