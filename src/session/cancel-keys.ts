import { timingSafeEqual } from 'node:crypto';
import type { UpstreamTarget } from '../catalog/model.ts';
import type { UpstreamCancelKey } from '../upstream/open-session.ts';
import { hasLongCancelKeys, type ProtocolVersion } from '../wire/protocol-version.ts';

/** Bytes of a secret of ours: what protocol 3.0 has room for, and what no one guesses where 3.2 allows it. */
const SHORT_KEY_LENGTH = 4;
const LONG_KEY_LENGTH = 32;

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

  constructor(randomBytes: (length: number) => Buffer) {
    this.#randomBytes = randomBytes;
  }

  /** @returns the client's secret, and how to take it back when the session ends. */
  issue(session: CancelTarget, version: ProtocolVersion): { key: Buffer; revoke: () => void } {
    const length = hasLongCancelKeys(version) ? LONG_KEY_LENGTH : SHORT_KEY_LENGTH;
    const issued = { ...session, key: this.#randomBytes(length) };
    const { pid } = session.upstream;
    const siblings = this.#byPid.get(pid) ?? new Set();
    this.#byPid.set(pid, siblings.add(issued));
    const revoke = (): void => {
      if (siblings.delete(issued) && siblings.size === 0) this.#byPid.delete(pid);
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
}
