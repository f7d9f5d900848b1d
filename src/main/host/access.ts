/**
 * Who may speak to the host: whoever opened the printed address, whose token works once and is then exchanged for a cookie. Requests that
 * name another host (DNS rebinding) or come from another site's page are refused whatever they carry.
 */
import { randomBytes, timingSafeEqual } from 'node:crypto';
import { readFileSync } from 'node:fs';
import type { IncomingMessage } from 'node:http';
import { writeFileAtomic } from '../disk/atomic.ts';

export const COOKIE = 'cria-session';

export class Access {
  readonly #hosts: ReadonlySet<string>;
  readonly #session: string;
  #token = randomBytes(24).toString('base64url');

  /**
   * @param hosts what the Host header may be, e.g. "127.0.0.1:4170"
   * @param session what the cookie holds; see {@link sessionKey}
   */
  constructor(hosts: Iterable<string>, session: string) {
    this.#hosts = new Set(hosts);
    this.#session = session;
  }

  /** The token for the next address to print. */
  get token(): string {
    return this.#token;
  }

  isHostAllowed({ headers }: IncomingMessage): boolean {
    return headers.host !== undefined && this.#hosts.has(headers.host.toLowerCase());
  }

  /** Browsers send the origin of the page with every socket and every request that is not a plain read. */
  isOriginAllowed({ headers }: IncomingMessage): boolean {
    return headers.origin !== undefined && this.#hosts.has(headers.origin.toLowerCase().replace(/^http:\/\//, ''));
  }

  hasSession({ headers }: IncomingMessage): boolean {
    const value = headers.cookie?.split(/;\s*/).find((pair) => pair.startsWith(`${COOKIE}=`))?.slice(COOKIE.length + 1);
    return value !== undefined && equal(value, this.#session);
  }

  /** The cookie for a right token, which is spent with that; null for a wrong one. */
  exchange(token: string): string | null {
    if (!equal(token, this.#token)) return null;
    this.#token = randomBytes(24).toString('base64url');
    return `${COOKIE}=${this.#session}; HttpOnly; SameSite=Strict; Path=/`;
  }
}

/**
 * The secret of a workspace's sessions, kept in it for its owner alone: a browser that was let in once finds its way back after the host
 * was started again.
 */
export function sessionKey(file: string): string {
  try {
    const known = readFileSync(file, 'utf8').trim();
    if (known.length >= 40) return known;
  } catch {
    // The first host of this workspace makes it.
  }
  const made = randomBytes(32).toString('base64url');
  writeFileAtomic(file, (append) => append(`${made}\n`));
  return made;
}

/** Comparing takes the same time wherever the texts differ. */
function equal(a: string, b: string): boolean {
  const [left, right] = [Buffer.from(a), Buffer.from(b)];
  return left.length === right.length && timingSafeEqual(left, right);
}
