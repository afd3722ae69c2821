import { timingSafeEqual } from 'node:crypto';
import type { UpstreamTarget } from '../catalog/model.ts';
import type { UpstreamCancelKey } from '../upstream/open-session.ts';
import { hasLongCancelKeys, type ProtocolVersion } from '../wire/protocol-version.ts';

/** Bytes of a secret of ours: what protocol 3.0 has room for, and what no one guesses where 3.2 allows it. */
const SHORT_KEY_LENGTH = 4;
const LONG_KEY_LENGTH = 32;

/** How long the key of a session that has ended is told from a guess, in ms, and how many are kept at most. */
const REMEMBERED_MS = 60_000;
const MAX_REMEMBERED = 10_000;

/** Whose statement a key cancels, and where. */
export interface CancelTarget {
  readonly projectId: string;
  readonly branchId: string;
  readonly target: UpstreamTarget;
  readonly upstream: UpstreamCancelKey;
}

interface Issued extends CancelTarget {
  readonly key: Buffer;
}

/**
 * The cancel keys of live sessions. A client gets the upstream's pid, so that pg_backend_pid() and NOTIFY agree
 * with what it knows, and a secret of ours; the upstream's own secret never leaves the gateway.
 */
export class CancelKeys {
  readonly #randomBytes: (length: number) => Buffer;
  /** Two upstreams may hand out the same pid. */
  readonly #byPid = new Map<number, Set<Issued>>();

  /** Keys of sessions that have ended, and when; the oldest first. */
  readonly #ended = new Map<string, number>();
  readonly #now: () => number;

  /** @param now milliseconds on a clock that does not go back. */
  constructor(randomBytes: (length: number) => Buffer, now: () => number = () => performance.now()) {
    this.#randomBytes = randomBytes;
    this.#now = now;
  }

  /** @returns the client's secret, and how to take it back when the session ends. */
  issue(session: CancelTarget, version: ProtocolVersion): { key: Buffer; revoke: () => void } {
    const length = hasLongCancelKeys(version) ? LONG_KEY_LENGTH : SHORT_KEY_LENGTH;
    const issued = { ...session, key: this.#randomBytes(length) };
    const { pid } = session.upstream;
    const siblings = this.#byPid.get(pid) ?? new Set();
    this.#byPid.set(pid, siblings.add(issued));
    const revoke = (): void => {
      if (!siblings.delete(issued)) return;
      if (siblings.size === 0) this.#byPid.delete(pid);
      this.#remember(nameOf(pid, issued.key));
    };
    return { key: issued.key, revoke };
  }

  /** @param pid as it stood in the request, signed or not. */
  find(pid: number, key: Buffer): CancelTarget | undefined {
    for (const issued of this.#byPid.get(pid | 0) ?? []) {
      if (issued.key.length === key.length && timingSafeEqual(issued.key, key)) return issued;
    }
    return undefined;
  }

  /**
   * Whether a session had this key until lately. A cancel may well arrive when its session has just ended (a client
   * that times out sends one and closes), and that is no guess.
   */
  hasEnded(pid: number, key: Buffer): boolean {
    const endedAt = this.#ended.get(nameOf(pid | 0, key));
    return endedAt !== undefined && this.#now() - endedAt < REMEMBERED_MS;
  }

  #remember(name: string): void {
    this.#ended.set(name, this.#now());
    for (const [oldest, endedAt] of this.#ended) {
      if (this.#ended.size <= MAX_REMEMBERED && this.#now() - endedAt < REMEMBERED_MS) return;
      this.#ended.delete(oldest);
    }
  }
}

function nameOf(pid: number, key: Buffer): string {
  return `${pid} ${key.toString('latin1')}`;
}
