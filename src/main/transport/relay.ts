/** Joins two channels: what one end says, the other hears; when one closes, so does the other. What a page says is sifted on the way. */
import { z } from 'zod';
import { asRequest, type Channel } from '../../shared/protocol.ts';

/** @param opening the other end, which may take a moment to connect; what is said until then waits for it */
export function relay(near: Channel, opening: Promise<Channel>): void {
  const early: unknown[] = [];
  let far: Channel | null = null;
  let closed = false;
  near.onMessage((message) => {
    if (far) far.send(message);
    else early.push(message);
  });
  near.onClose(() => {
    closed = true;
    far?.close();
  });
  opening.then(
    (channel) => {
      if (closed) return channel.close();
      far = channel;
      channel.onMessage((message) => near.send(message));
      channel.onClose(() => near.close());
      for (const message of early.splice(0)) channel.send(message);
    },
    () => near.close(),
  );
}

/** Said by the process that stands between a page and the engine, before anything that the page says and whenever its user chooses more. */
const introduction = z.strictObject({ window: z.object({ folders: z.array(z.string()) }) });

/** The folders that a window's user has chosen, when a message says so; null when it is no introduction. */
export function readIntroduction(message: unknown): readonly string[] | null {
  return introduction.safeParse(message).data?.window.folders ?? null;
}

/**
 * {@link relay} for a page: the engine is told first that a window speaks. Of what the page says only requests pass, so that it can
 * introduce itself as nobody else and choose no folder.
 * @returns tells the engine of another folder that the user has chosen
 */
export function relayWindow(page: Channel, opening: Promise<Channel>, folders: readonly string[]): (folder: string) => void {
  const chosen = [...folders];
  let engine: Channel | null = null;
  const introduce = () => engine?.send({ window: { folders: [...chosen] } } satisfies z.infer<typeof introduction>);
  const introduced = opening.then((channel) => {
    engine = channel;
    introduce();
    return channel;
  });
  const requests: Channel = {
    send: (message) => page.send(message),
    onMessage: (listener) =>
      page.onMessage((message) => {
        const request = asRequest(message);
        if (request) listener(request);
      }),
    onClose: (listener) => page.onClose(listener),
    close: () => page.close(),
  };
  relay(requests, introduced);
  return (folder) => {
    chosen.push(folder);
    introduce();
  };
}
