/** The engine as the pages see it: requests, events, and whether it is there. A lost connection is taken up again by itself. */
import { ref, shallowRef, type Ref } from 'vue';
import type { EventName, EventOf, InputOf, Method, ResultOf } from '../../shared/contract.ts';
import { CriaError } from '../../shared/errors.ts';
import { createClient, type EngineClient } from '../../shared/protocol.ts';
import { openChannel } from './channel.ts';

export type ConnectionState = 'connecting' | 'connected' | 'lost';

const RETRY_MS = [200, 500, 1000, 2000];

class Engine {
  readonly state: Ref<ConnectionState> = ref('connecting');
  /** Counts connections: whoever shows what may have changed meanwhile watches it and loads again. */
  readonly connections = shallowRef(0);
  /** What the engine said of itself when the connection was made. */
  readonly info = shallowRef<ResultOf<'engine.info'> | null>(null);
  readonly #listeners = new Map<EventName, Set<(data: never) => void>>();
  #client: EngineClient | null = null;
  #waiting: ((client: EngineClient) => void)[] = [];

  async connect(): Promise<void> {
    for (let attempt = 0; ; attempt++) {
      try {
        this.#adopt(createClient(await openChannel()));
        // The bridge opens at once whatever lies behind it; an answer tells that the engine is there.
        this.info.value = await this.#client!.request('engine.info', {});
        this.state.value = 'connected';
        this.connections.value++;
        for (const resolve of this.#waiting.splice(0)) resolve(this.#client!);
        return;
      } catch {
        this.#client?.close();
        this.#client = null;
        await new Promise((resolve) => setTimeout(resolve, RETRY_MS[Math.min(attempt, RETRY_MS.length - 1)]));
      }
    }
  }

  #adopt(client: EngineClient): void {
    this.#client = client;
    for (const [event, listeners] of this.#listeners) client.on(event, (data) => listeners.forEach((listener) => listener(data as never)));
    client.onClose(() => {
      if (this.#client !== client || this.state.value !== 'connected') return;
      this.state.value = 'lost';
      this.#client = null;
      void this.connect();
    });
  }

  /** @throws CriaError what the engine answered. While the connection is lost, the request waits for the next. */
  async request<M extends Method>(method: M, params: InputOf<M>): Promise<ResultOf<M>> {
    const client = this.state.value === 'connected' && this.#client ? this.#client : await new Promise<EngineClient>((resolve) => this.#waiting.push(resolve));
    return client.request(method, params);
  }

  /** Listens to an event, through all connections; returns the function that stops listening. */
  on<E extends EventName>(event: E, listener: (data: EventOf<E>) => void): () => void {
    let listeners = this.#listeners.get(event);
    if (!listeners) {
      const made = new Set<(data: never) => void>();
      listeners = made;
      this.#listeners.set(event, made);
      this.#client?.on(event, (data) => made.forEach((each) => each(data as never)));
    }
    listeners.add(listener as (data: never) => void);
    return () => listeners.delete(listener as (data: never) => void);
  }
}

export const engine = new Engine();

/** What to show of something that was thrown. */
export function describeError(thrown: unknown): { message: string; hint: string } {
  if (thrown instanceof CriaError) return { message: thrown.message, hint: thrown.hint };
  return { message: thrown instanceof Error ? thrown.message : String(thrown), hint: '' };
}
