import { describe, expect, it, vi } from 'vitest';
import { CriaError } from '../../../src/shared/errors.ts';
import { channelPair, createClient, serve, type Handlers } from '../../../src/shared/protocol.ts';

const info = {
  version: '1', pid: 1, workspace: '/w', host: 'here', platform: 'Linux', processors: 2, memoryBytes: 1e9, diskFreeBytes: 1e9, tensorflow: null, running: [], waiting: [], held: false,
};

function connect(handlers: Partial<Handlers>) {
  const [ours, theirs] = channelPair();
  const emit = serve(ours, handlers as Handlers, () => null);
  return { client: createClient(theirs), raw: theirs, emit };
}

describe('protocol', () => {
  it('answers a request', async () => {
    const { client } = connect({ 'engine.info': () => info });
    await expect(client.request('engine.info', {})).resolves.toEqual(info);
  });

  it('fills in the defaults of the contract before the handler sees the parameters', async () => {
    const list = vi.fn(() => ({ rows: [], values: [], total: 0 }));
    const { client } = connect({ 'run.list': list });
    await client.request('run.list', {});
    expect(list).toHaveBeenCalledWith({ sort: 'created', descending: true, limit: 100, offset: 0, columns: [] }, null);
  });

  it('carries an error as code, message and hint', async () => {
    const { client } = connect({
      'engine.info': () => {
        throw new CriaError('busy', 'It is busy.', 'Wait.');
      },
    });
    await expect(client.request('engine.info', {})).rejects.toMatchObject({ code: 'busy', message: 'It is busy.', hint: 'Wait.' });
  });

  it('refuses parameters that do not fit, naming the field', async () => {
    const stop = vi.fn();
    const { client } = connect({ 'run.stop': stop });
    const wrong = { runId: 7 } as unknown as { runId: string };
    await expect(client.request('run.stop', wrong)).rejects.toMatchObject({ code: 'bad-request', message: expect.stringContaining('runId') as string });
    expect(stop).not.toHaveBeenCalled();
  });

  it.each(['no.such', '__proto__', 'constructor', 'toString'])('refuses the unknown request %s', async (method) => {
    const { raw } = connect({});
    const answer = new Promise((resolve) => raw.onMessage(resolve));
    raw.send({ id: 1, method, params: {} });
    expect(await answer).toMatchObject({ id: 1, error: { code: 'bad-request' } });
  });

  it('refuses an answer that breaks the contract', async () => {
    const { client } = connect({ 'engine.info': () => ({ ...info, pid: 'x' }) as unknown as typeof info });
    await expect(client.request('engine.info', {})).rejects.toMatchObject({ code: 'bad-request' });
  });

  it('delivers events until the listener leaves', async () => {
    const { client, emit } = connect({ 'engine.info': () => info });
    const seen: number[] = [];
    const off = client.on('run.measured', ({ step }) => seen.push(step));
    emit('run.measured', { runId: 'a', step: 1 });
    await client.request('engine.info', {});
    off();
    emit('run.measured', { runId: 'a', step: 2 });
    await client.request('engine.info', {});
    expect(seen).toEqual([1]);
  });

  it('fails what is pending, and what comes after, when the connection closes', async () => {
    const { client, raw } = connect({ 'engine.info': () => new Promise<never>(() => {}) });
    const pending = client.request('engine.info', {});
    raw.close();
    await expect(pending).rejects.toMatchObject({ message: 'The engine is gone.' });
    await expect(client.request('engine.info', {})).rejects.toMatchObject({ message: 'The engine is gone.' });
  });
});
