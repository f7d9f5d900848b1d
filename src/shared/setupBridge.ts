/**
 * The window in which a packaged app is set up: what its page is shown, what it may ask, and the names of the channels. Both ends import
 * this file.
 */

export interface SetupStep {
  name: string;
  state: 'waiting' | 'running' | 'done' | 'failed';
  /** What it does now, e.g. "downloading ..."; empty before and after. */
  detail: string;
  /** Of a download, 0 to 1; null where nobody knows. */
  fraction: number | null;
  /** Milliseconds since 1970; null before. */
  startedAt: number | null;
}

export interface SetupState {
  stage: 'asking' | 'running' | 'failed' | 'stopped' | 'done';
  steps: SetupStep[];
  failure: { message: string; fix: string } | null;
  /** What it takes: where it goes, how much is fetched and kept. */
  needs: { folder: string; download: string; disk: string };
}

export interface SetupBridge {
  /** Tells the state now and each time that it changes. */
  onState(listener: (state: SetupState) => void): void;
  /** Begins, or goes on after a failure or a stop. */
  begin(): void;
  /** Stops what runs; what was finished is kept. */
  stop(): void;
  quit(): void;
}

export const FROM_SETUP = { ready: 'setup:ready', begin: 'setup:begin', stop: 'setup:stop', quit: 'setup:quit' } as const;
export const TO_SETUP = { state: 'setup:state' } as const;
