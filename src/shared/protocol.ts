/**
 * Requests, answers and events over any channel that carries plain data: a socket between terminals, a message port between
 * processes, or two ends in one process. Both ends validate against the contract.
 */
import { z } from 'zod';
import { EVENTS, REQUESTS, type EventName, type EventOf, type InputOf, type Method, type ParamsOf, type ResultOf } from './contract.ts';
import { CriaError, fromWireError, toWireError, type WireError } from './errors.ts';

/** One end of a connection. Messages arrive in order; `onClose` is told once. */
export interface Channel {
  send(message: unknown): void;
  onMessage(listener: (message: unknown) => void): void;
  onClose(listener: () => void): void;
  close(): void;
}

type Request = { id: number; method: string; params: unknown };
type Answer = { id: number; result: unknown } | { id: number; error: WireError };
type Event = { event: string; data: unknown };

const requestShape = z.object({ id: z.int(), method: z.string(), params: z.unknown().optional() });

/** What the engine does for each request; told who asks. */
export type Handlers<Caller = unknown> = { [M in Method]: (params: ParamsOf<M>, caller: Caller) => Promise<ResultOf<M>> | ResultOf<M> };

/** The engine as its clients see it: the CLI, the host's socket, the window's bridge. */
export interface EngineClient {
  /** @throws CriaError what the engine answered, or `bad-request` when either side's data does not fit the contract */
  request<M extends Method>(method: M, params: InputOf<M>): Promise<ResultOf<M>>;
  /** Listens to an event; returns the function that stops listening. */
  on<E extends EventName>(event: E, listener: (data: EventOf<E>) => void): () => void;
  onClose(listener: () => void): void;
  close(): void;
}

function describeIssues(error: z.ZodError): string {
  return error.issues.map((issue) => `${issue.path.join('.') || 'value'}: ${issue.message}`).join('; ');
}

function parse<T>(schema: z.ZodType<T>, value: unknown, what: string): T {
  const parsed = schema.safeParse(value);
  if (parsed.success) return parsed.data;
  throw new CriaError('bad-request', `${what} does not fit the contract: ${describeIssues(parsed.error)}`,
    'Client and engine may be of different versions; restart both.');
}

/**
 * Serves requests that arrive on a channel. Returns a function that sends an event to this client.
 * @param caller whoever is at the other end, as the handlers know him
 */
export function serve<Caller>(channel: Channel, handlers: Handlers<Caller>, caller: () => Caller): <E extends EventName>(event: E, data: EventOf<E>) => void {
  channel.onMessage((message) => {
    const request = asRequest(message);
    if (!request) return; // Without an id there is nobody to answer.
    void answer(request, handlers, caller()).then((reply) => channel.send(reply));
  });
  return (event, data) => channel.send({ event, data } satisfies Event);
}

/** A message that is a request, without whatever else it carries; null for any other. */
export function asRequest(message: unknown): { id: number; method: string; params: unknown } | null {
  const shaped = requestShape.safeParse(message);
  return shaped.success ? (shaped.data as Request) : null;
}

async function answer<Caller>({ id, method, params }: Request, handlers: Handlers<Caller>, caller: Caller): Promise<Answer> {
  try {
    if (!Object.hasOwn(REQUESTS, method)) {
      throw new CriaError('bad-request', `There is no request "${method}".`, 'Client and engine may be of different versions.');
    }
    const entry = REQUESTS[method as Method];
    const handler = handlers[method as Method] as (params: unknown, caller: Caller) => unknown;
    const result: unknown = await handler(parse<unknown>(entry.params, params, `The request ${method}`), caller);
    return { id, result };
  } catch (error) {
    return { id, error: toWireError(error) };
  }
}

/** Speaks to an engine over a channel. */
export function createClient(channel: Channel): EngineClient {
  let nextId = 1;
  let closed = false;
  const pending = new Map<number, { method: Method; resolve: (value: unknown) => void; reject: (error: unknown) => void }>();
  const listeners = new Map<string, Set<(data: unknown) => void>>();
  const gone = () => new CriaError('internal', 'The engine is gone.', 'Runs that it had started can be resumed: see `cria runs`.');

  channel.onMessage((message) => {
    const received = message as Partial<Event> & Partial<Answer> & { result?: unknown; error?: WireError };
    if (typeof received.event === 'string') {
      const schema = (EVENTS as Record<string, z.ZodType>)[received.event];
      if (!schema) return;
      const data = parse(schema, received.data, `The event ${received.event}`);
      for (const listener of listeners.get(received.event) ?? []) listener(data);
      return;
    }
    const waiting = pending.get(received.id ?? -1);
    if (!waiting) return;
    pending.delete(received.id!);
    if (received.error) return waiting.reject(fromWireError(received.error));
    try {
      waiting.resolve(parse<unknown>(REQUESTS[waiting.method].result, received.result, `The answer to ${waiting.method}`));
    } catch (error) {
      waiting.reject(error);
    }
  });
  channel.onClose(() => {
    closed = true;
    for (const { reject } of pending.values()) reject(gone());
    pending.clear();
  });

  return {
    request(method, params) {
      return new Promise((resolve, reject) => {
        if (closed) return reject(gone());
        const id = nextId++;
        pending.set(id, { method, resolve: resolve as (value: unknown) => void, reject });
        channel.send({ id, method, params } satisfies Request);
      });
    },
    on(event, listener) {
      const set = listeners.get(event) ?? new Set();
      listeners.set(event, set);
      set.add(listener as (data: unknown) => void);
      return () => set.delete(listener as (data: unknown) => void);
    },
    onClose: (listener) => channel.onClose(listener),
    close: () => channel.close(),
  };
}

/** Two connected channels in one process, for a client that lives with its engine. Messages are delivered asynchronously, as on a wire. */
export function channelPair(): [Channel, Channel] {
  const ends = [0, 1].map(() => ({ message: [] as ((m: unknown) => void)[], close: [] as (() => void)[] }));
  let open = true;
  const make = (own: (typeof ends)[number], other: (typeof ends)[number]): Channel => ({
    send: (message) => {
      if (open) queueMicrotask(() => other.message.forEach((listener) => listener(message)));
    },
    onMessage: (listener) => void own.message.push(listener),
    onClose: (listener) => void own.close.push(listener),
    close: () => {
      if (!open) return;
      open = false;
      for (const end of ends) end.close.forEach((listener) => listener());
    },
  });
  return [make(ends[0]!, ends[1]!), make(ends[1]!, ends[0]!)];
}
