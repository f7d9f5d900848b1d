/** Joins two channels: what one end says, the other hears; when one closes, so does the other. */
import type { Channel } from '../../shared/protocol.ts';

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
