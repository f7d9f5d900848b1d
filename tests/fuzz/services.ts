/** The engine's services as its clients reach them: messages of the contract, the host's HTTP and WebSocket, the socket, a database file. */
import { copyFileSync, mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { connect as connectTcp } from 'node:net';
import { join, resolve } from 'node:path';
import { z } from 'zod';
import { REQUESTS, type Method } from '../../src/shared/contract.ts';
import { channelPair, serve, type Handlers } from '../../src/shared/protocol.ts';
import { encodeMessage } from '../../src/shared/wire.ts';
import { WindowCaller } from '../../src/main/handlers/caller.ts';
import { makeHandlers } from '../../src/main/handlers/handlers.ts';
import type { Services } from '../../src/main/handlers/services.ts';
import { startHost } from '../../src/main/host/host.ts';
import { Store } from '../../src/main/store/store.ts';
import { chooseAddress, listen } from '../../src/main/transport/socket.ts';
import { Workspace } from '../../src/main/workspace.ts';
import { spoiltBytes, spoiltJson } from './mutate.ts';
import { type MakeTarget } from './target.ts';

/** A value that a schema takes, the simplest but for what is given by key. */
function example(schema: z.ZodType, given: Record<string, unknown>, key = ''): unknown {
  if (Object.hasOwn(given, key)) return given[key];
  if (schema instanceof z.ZodObject) return Object.fromEntries(Object.entries(schema.shape as Record<string, z.ZodType>).map(([name, part]) => [name, example(part, given, name)]));
  if (schema instanceof z.ZodArray) return [example(schema.element as z.ZodType, given, key)];
  if (schema instanceof z.ZodTuple) return (schema.def.items as z.ZodType[]).map((part) => example(part, given, key));
  if (schema instanceof z.ZodOptional || schema instanceof z.ZodNullable || schema instanceof z.ZodDefault) return example(schema.unwrap() as z.ZodType, given, key);
  if (schema instanceof z.ZodEnum) return schema.options[0];
  if (schema instanceof z.ZodBoolean) return true;
  if (schema instanceof z.ZodNumber) return 50;
  return 'x';
}

/** Requests that a client could make, right but for what they name. */
const requests = (given: Record<string, unknown>) => (Object.keys(REQUESTS) as Method[]).map((method, id) => ({ id, method, params: example(REQUESTS[method].params, given) }));

/** The demo goes on by itself after its answer. */
const LEFT_OUT = new Set(['demo.start']);

/** The real handlers on a real store; only nothing is ever started. */
const contract: MakeTarget = (folder) => {
  const workspace = new Workspace(join(folder, 'workspace'));
  const store = Store.open(workspace.database);
  const { id: runId } = store.createRun({ kind: 'train', name: 'run', params: { config: null }, project: '' });
  store.appendMetrics(runId, [{ step: 1, values: { 'train/loss': 1 } }]);
  mkdirSync(workspace.runFolder(runId));
  const queue = {
    running: [], waiting: [], held: false, submit: () => runId, resume: () => {}, pause: () => {}, stop: () => {}, move: () => {}, hold: () => {},
  } as unknown as Services['queue'];
  const services: Services = { store, workspace, queue, emit: () => {}, configFolder: resolve(import.meta.dirname, '../../config'), client: () => { throw new Error('no client'); } };
  const caller = new WindowCaller({ readable: [workspace.root], writable: [workspace.corpora] });
  const [ours, theirs] = channelPair();
  serve(theirs, makeHandlers(services) as Handlers, () => caller);
  let answered: ((answer: unknown) => void) | null = null;
  ours.onMessage((message) => answered?.(message));
  const seeds = requests({ runId, run: runId, runs: [runId, runId], runIds: [runId], path: join(workspace.root, 'x.yaml'), folder: workspace.root }).filter(({ method }) => !LEFT_OUT.has(method));
  return {
    name: 'contract message',
    inputs: spoiltJson(seeds),
    close: () => store.close(),
    async run(input) {
      const { id, method } = (input ?? {}) as { id?: unknown; method?: unknown };
      if (!Number.isSafeInteger(id) || typeof method !== 'string' || LEFT_OUT.has(method)) {
        ours.send(input); // Nobody answers; it must do no harm.
        return false;
      }
      const answer = await new Promise<{ error?: { code: string; message: string } }>((resolve_) => {
        answered = resolve_ as (answer: unknown) => void;
        ours.send(input);
      });
      if (answer.error?.code === 'internal') throw new Error(`${method}: ${answer.error.message}`);
      encodeMessage(answer);
      return !answer.error;
    },
  };
};

/** A database that a disk or another hand has changed: opened, listed and read, or refused; never believed to be empty. */
const database: MakeTarget = (folder) => {
  const path = join(folder, 'cria.db');
  const fresh = Store.open(path);
  const { id } = fresh.createRun({ kind: 'train', name: 'run', params: { a: 1 }, project: 'p' });
  fresh.appendMetrics(id, Array.from({ length: 50 }, (_, step) => ({ step, values: { 'train/loss': 1 / (step + 1) } })));
  fresh.appendLog(id, { time: 1, level: 'info', message: 'x' });
  fresh.close();
  const old = join(folder, 'v10.db');
  copyFileSync(resolve(import.meta.dirname, '../fixtures/databases/v10.db'), old);
  const seeds = [readFileSync(path), readFileSync(old)];
  return {
    name: 'database',
    inputs: spoiltBytes(seeds, ['CREATE TRIGGER', 'CREATE VIEW runs', 'SQLite format 3']),
    async run(input) {
      for (const suffix of ['', '-wal', '-shm']) rmSync(`${path}${suffix}`, { force: true });
      writeFileSync(path, input as Uint8Array);
      let store: Store | null = null;
      try {
        store = Store.open(path);
        const { rows } = store.listRuns({ limit: 10 });
        for (const row of rows) {
          store.getRun(row.id);
          store.metricSeries(row.id, ['train/loss'], { maxPoints: 100 });
          store.listLog(row.id, { limit: 10 });
        }
        return true;
      } catch (error) {
        // A page that is damaged inside shows when it is read; SQLite, the schemas or JSON say so, and the request fails.
        const { name } = error as Error;
        if (['CriaError', 'SqliteError', 'SyntaxError', 'ZodError', 'RangeError'].includes(name)) return false;
        throw error;
      } finally {
        store?.close();
      }
    },
  };
};

const SESSION = 'a session key that nobody can guess';

/** Bytes at the host's port, before and after it has let a page in. */
const host: MakeTarget = async (folder) => {
  mkdirSync(join(folder, 'renderer'));
  writeFileSync(join(folder, 'renderer', 'index.html'), '<!doctype html>');
  let heard = 0;
  const served = await startHost({ renderer: join(folder, 'renderer'), session: SESSION, attach: (channel) => channel.onMessage(() => void heard++), port: 0, address: '127.0.0.1' });
  const head = `Host: 127.0.0.1:${served.port}\r\nCookie: cria-session=${SESSION}\r\n`;
  const upgrade = `GET /socket HTTP/1.1\r\n${head}Origin: http://127.0.0.1:${served.port}\r\nConnection: Upgrade\r\nUpgrade: websocket\r\nSec-WebSocket-Version: 13\r\nSec-WebSocket-Key: AAAAAAAAAAAAAAAAAAAAAA==\r\n\r\n`;
  const frame = (text: string) => Buffer.concat([Buffer.from([0x81, 0x80 | text.length, 0, 0, 0, 0]), Buffer.from(text)]);
  const seeds = [
    Buffer.from(`GET / HTTP/1.1\r\n${head}\r\n`), Buffer.from(`GET /?token=x HTTP/1.1\r\n${head}\r\n`), Buffer.from(`POST / HTTP/1.1\r\n${head}Content-Length: 5\r\n\r\nhello`),
    Buffer.concat([Buffer.from(upgrade), frame('{"id":1,"method":"engine.info","params":{}}')]), Buffer.concat([Buffer.from(upgrade), frame('[]'), Buffer.from([0x88, 0x80, 0, 0, 0, 0])]),
  ];
  let since = 0;
  return {
    name: 'host',
    inputs: spoiltBytes(seeds, ['\r\n', 'Transfer-Encoding: chunked\r\n', 'Content-Length: -1\r\n', 'Expect: 100-continue\r\n', '..%2f', '\r\n\r\nGET / HTTP/1.1\r\n']),
    close: () => served.close(),
    async run(input) {
      const answer = await exchange(served.port, input as Uint8Array);
      // Every so often a good client: it has to be served.
      if (since++ % 100 === 0 && !/^HTTP\/1\.1 200/.test(await exchange(served.port, seeds[0]!))) throw new Error('the host does not answer any more');
      return /^HTTP\/1\.1 (200|101)/.test(answer);
    },
  };
};

/** What comes back within a moment; the connection is ended then. */
function exchange(port: number, bytes: Uint8Array): Promise<string> {
  return new Promise((done) => {
    let answer = '';
    const socket = connectTcp(port, '127.0.0.1', () => socket.end(bytes));
    const timer = setTimeout(() => socket.destroy(), 300);
    // A socket that the host has taken for a page stays open from its side; the answer says all there is to know.
    socket.on('data', (chunk) => {
      answer += chunk.toString('latin1');
      if (answer.includes('\r\n\r\n')) socket.destroy();
    });
    socket.on('error', () => {}).on('close', () => {
      clearTimeout(timer);
      done(answer);
    });
  });
}

/** Bytes at the engine's own socket. */
const engineSocket: MakeTarget = async (folder) => {
  const address = chooseAddress(folder);
  const socket = await listen(address, (channel) => channel.onMessage((message) => void encodeMessage(message)));
  const lines = ['{"id":1,"method":"engine.info","params":{}}\n', '{"window":{"folders":["/"]}}\n', '[1,"\\u0000number:NaN"]\n{}\n'];
  return {
    name: 'engine socket',
    inputs: spoiltBytes(lines.map((line) => Buffer.from(line)), ['\n', '\\u0000number:', '{"__proto__":1}\n', '[[[[']),
    close: () => socket.close(),
    run: (input) =>
      new Promise((done) => {
        const client = connectTcp(address, () => client.end(input as Uint8Array));
        client.on('error', () => {}).on('close', () => done(true)).resume();
      }),
  };
};

export const SERVICE_TARGETS: readonly MakeTarget[] = [contract, database, host, engineSocket];
