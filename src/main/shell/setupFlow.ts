/** Set-up as a window shows it: asks first, then goes through the steps; can be stopped and tried again at any point. */
import type { SetupState } from '../../shared/setupBridge.ts';

/** What scripts/setup/app.mjs offers. */
export interface SetupMachinery {
  names: string[];
  needs(): SetupState['needs'];
  isPrepared(): boolean;
  /** Rejects with an Error that says in `fix`, where it has one, what to do. */
  prepare(listener: { say: (text: string) => void; onStep: (step: number, state: 'running' | 'done') => void; progress: (done: number, total: number) => void; signal: AbortSignal }): Promise<void>;
  nodePath(): string;
}

export class SetupFlow {
  readonly #machinery: SetupMachinery;
  readonly #onChange: (state: SetupState) => void;
  #state: SetupState;
  #abort: AbortController | null = null;

  constructor(machinery: SetupMachinery, onChange: (state: SetupState) => void) {
    this.#machinery = machinery;
    this.#onChange = onChange;
    this.#state = {
      stage: 'asking',
      steps: machinery.names.map((name) => ({ name, state: 'waiting', detail: '', fraction: null, startedAt: null })),
      failure: null,
      needs: machinery.needs(),
    };
  }

  get state(): SetupState {
    return this.#state;
  }

  /** Goes through what is not done. Settles when that ends, however it does; never rejects. */
  async begin(): Promise<void> {
    if (this.#abort || this.#state.stage === 'done') return;
    const abort = new AbortController();
    this.#abort = abort;
    this.#set({ stage: 'running', failure: null });
    try {
      await this.#machinery.prepare({
        signal: abort.signal,
        say: (text) => this.#setRunning({ detail: text.replace(/^Set-up: /, ''), fraction: null }),
        progress: (done, total) => this.#setRunning({ fraction: total > 0 ? done / total : null }),
        onStep: (index, state) => this.#setStep(index, state === 'running' ? { state, startedAt: Date.now() } : { state, detail: '', fraction: null }),
      });
      this.#set({ stage: 'done' });
    } catch (error) {
      const { message, fix = '' } = error as Error & { fix?: string };
      this.#setRunning({ state: abort.signal.aborted ? 'waiting' : 'failed', detail: '', fraction: null });
      this.#set(abort.signal.aborted ? { stage: 'stopped' } : { stage: 'failed', failure: { message, fix } });
    } finally {
      this.#abort = null;
    }
  }

  stop(): void {
    this.#abort?.abort();
  }

  #setRunning(change: Partial<SetupState['steps'][number]>): void {
    const index = this.#state.steps.findIndex(({ state }) => state === 'running');
    if (index >= 0) this.#setStep(index, change);
  }

  #setStep(index: number, change: Partial<SetupState['steps'][number]>): void {
    this.#set({ steps: this.#state.steps.map((step, i) => (i === index ? { ...step, ...change } : step)) });
  }

  #set(change: Partial<SetupState>): void {
    this.#state = { ...this.#state, ...change };
    this.#onChange(this.#state);
  }
}
