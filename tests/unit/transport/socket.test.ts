import { mkdtempSync, readdirSync, statSync, writeFileSync } from 'node:fs';
import { createConnection } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, describe, expect, it } from 'vitest';
import type { Channel } from '../../../src/shared/protocol.ts';
import { chooseAddress, connect, listen, type ListeningSocket } from '../../../src/main/transport/socket.ts';

let open: ListeningSocket | null = null;
afterEach(() => open?.close());

async function pair(): Promise<{ server: Channel; client: Channel; address: string }> {
  const address = chooseAddress(mkdtempSync(join(tmpdir(), 'cria-test-')));
  let accept: (channel: Channel) => void = () => {};
  const accepted = new Promise<Channel>((resolve) => (accept = resolve));
  open = await listen(address, accept);
  const client = await connect(address);
  return { server: await accepted, client, address };
}

const next = (channel: Channel) => new Promise((resolve) => channel.onMessage(resolve));

describe('socket channel', () => {
  it('carries messages both ways, newlines, NaN and infinities included', async () => {
    const { server, client } = await pair();
    const message = { text: 'a\nb\u2028c', values: [1.5, NaN, Infinity, -Infinity], nested: { none: null } };
    const received = next(server);
    client.send(message);
    expect(await received).toEqual(message);
    const back = next(client);
    server.send([message]);
    expect(await back).toEqual([message]);
  });

  it('is for its owner alone', async () => {
    const { address } = await pair();
    expect(statSync(address).mode & 0o077).toBe(0);
  });

  it('ends a connection that does not speak JSON', async () => {
    const { address } = await pair();
    const socket = createConnection(address);
    const closed = new Promise((resolve) => socket.once('close', resolve));
    socket.write('GET / HTTP/1.1\r\n\r\n');
    await closed;
  });

  it('tells the client when the server goes', async () => {
    const { client } = await pair();
    const closed = new Promise<void>((resolve) => client.onClose(resolve));
    open!.close();
    await closed;
  });

  it('takes nothing with it when it closes but its own file, wherever the workspace lies', async () => {
    const workspace = mkdtempSync(join(tmpdir(), 'cria-'));
    writeFileSync(join(workspace, 'cria.db'), 'precious');
    (await listen(chooseAddress(workspace), () => {})).close();
    expect(readdirSync(workspace)).toEqual(['cria.db']);
  });

  it('falls back to a temporary folder when the workspace\'s path is too long for a socket', () => {
    const address = chooseAddress(`/${'long/'.repeat(40)}`);
    expect(Buffer.byteLength(address)).toBeLessThanOrEqual(104);
  });
});
