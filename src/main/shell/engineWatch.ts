/** What the engine runs, as the shell has to know it: to keep the machine awake and to ask before it quits. */
import { setTimeout as sleep } from 'node:timers/promises';
import type { ResultOf } from '../../shared/contract.ts';
import { createClient, type EngineClient } from '../../shared/protocol.ts';
import type { EngineKeeper } from './engineKeeper.ts';

export interface QueueState {
  running: readonly string[];
  waiting: readonly string[];
}

const RETRY_MS = 1000;
const NOTHING: QueueState = { running: [], waiting: [] };

export class EngineWatch {
  readonly #keeper: EngineKeeper;
  readonly #listeners: ((state: QueueState) => void)[] = [];
  #client: EngineClient | null = null;
  #state: QueueState = NOTHING;
  #ended = false;

  constructor(keeper: EngineKeeper) {
    this.#keeper = keeper;
    void this.#follow();
  }

  get state(): QueueState {
    return this.#state;
  }

  onChange(listener: (state: QueueState) => void): void {
    this.#listeners.push(listener);
  }

  /** Asks the engine itself, for a decision that must not rest on what was last heard; the last known state when it does not answer. */
  async look(): Promise<QueueState> {
    const info = await Promise.race([this.#client?.request('engine.info', {}).catch(() => null), sleep(RETRY_MS, null)]);
    if (info) this.#set(info);
    return this.#state;
  }

  close(): void {
    this.#ended = true;
    this.#client?.close();
  }

  async #follow(): Promise<void> {
    while (!this.#ended) {
      try {
        const client = createClient(await this.#keeper.connect());
        this.#client = client;
        const closed = new Promise<void>((resolve) => client.onClose(resolve));
        client.on('queue.changed', (change) => this.#set(change));
        this.#set(await client.request('engine.info', {}));
        await closed;
      } catch {
        // No engine yet; the keeper has told the user when that is more than a moment.
      }
      this.#client = null;
      this.#set(NOTHING);
      if (!this.#ended) await sleep(RETRY_MS);
    }
  }

  #set({ running, waiting }: Pick<ResultOf<'engine.info'>, 'running' | 'waiting'> | QueueState): void {
    this.#state = { running, waiting };
    for (const listener of this.#listeners) listener(this.#state);
  }
}
