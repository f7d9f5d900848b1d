/** The window's way to the engine: the shell's bridge where there is one, else a socket to the host that served the page. */
import type { Channel } from '../../shared/protocol.ts';
import type { ShellBridge } from '../../shared/shellBridge.ts';
import { decodeMessage, encodeMessage } from '../../shared/wire.ts';

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
