/** Asking the places where data is published, and saying in words when they do not answer. */
import { CriaError } from '../../shared/errors.ts';

export interface FetchOptions {
  /** Tests and proxies put their own here. */
  fetch?: typeof fetch;
  signal?: AbortSignal;
}

/** @throws CriaError `not-found` when the origin cannot be reached; `cancelled`. Any answer, also a refusal, is returned */
export async function get(url: string, options: FetchOptions, headers: Record<string, string> = {}): Promise<Response> {
  try {
    return await (options.fetch ?? fetch)(url, { headers, ...(options.signal ? { signal: options.signal } : {}) });
  } catch (error) {
    throw failure(url, error, options);
  }
}

/** What broke off a request or the reading of its answer. */
export function failure(url: string, error: unknown, options: FetchOptions): CriaError {
  if (options.signal?.aborted) return new CriaError('cancelled', 'The download was stopped.', 'Run it again; it goes on where it was.');
  const cause = (error as Error).cause instanceof Error ? ((error as Error).cause as Error) : (error as Error);
  return unreachable(url, `could not be read: ${cause.message}`);
}

export function unreachable(url: string, why: string): CriaError {
  return new CriaError('not-found', `${url} ${why}.`, 'Check the network and run it again (it goes on where it was), or bring your own copy.');
}
