import type { Allowlist } from '../allowlist/allowlist.ts';

/** `limits.failed_logins` of portcullis.yaml, spans in milliseconds. */
export interface ThrottleSettings {
  readonly attempts: number;
  readonly window: number;
  readonly block: number;
  readonly exempt: Allowlist;
}

/** How many failures lead to a lock-out, by dimension. */
export interface Limits {
  /** As one role from one source. */
  readonly attempts: number;
  readonly address: Flood;
  readonly network: Flood;
  /** Of a known source while its address is locked out. */
  readonly reserve: number;
  /** The most that one source adds to the count of a role or a branch. */
  readonly share: number;
  readonly role: Siege;
  readonly branch: Siege;
}

/** How many roles one source may fail as, and how often in all. */
export interface Flood {
  readonly names: number;
  readonly failures: number;
}

/** From `wary` on a stranger has one wrong password; from `closed` on strangers are locked out. */
export interface Siege {
  readonly wary: number;
  readonly closed: number;
}

/**
 * In multiples of `attempts`. Above 2, since one role fails at most twice `attempts` times in a window from one
 * address (a lock-out lies between): a service with a stale password shuts out itself, not its neighbours.
 */
const ADDRESS_FAILURES = 3;

/** A site may hold many people; someone who only has a site must not be able to do as he likes. */
const ADDRESSES_PER_NETWORK = 4;

/** Halved, but never nothing: what a known source may still mistype while its address is locked out. */
const RESERVE = 1 / 2;

/** In multiples of `attempts`, which is also the most that one source adds: so many sources it takes. */
const ROLE = { wary: 3, closed: 10 } as const;
const BRANCH = { wary: 30, closed: 100 } as const;

/** Windows over which roles and branches are counted, 30 minutes by default: slow guessing must show. */
const SLOW_WINDOWS = 12;

/** A login made so long ago still tells a source from a stranger: room for what runs once a month. */
export const KNOWN_DAYS = 31;

export function limitsOf(attempts: number): Limits {
  const address = { names: attempts, failures: ADDRESS_FAILURES * attempts };
  return {
    attempts,
    address,
    network: {
      names: ADDRESSES_PER_NETWORK * address.names,
      failures: ADDRESSES_PER_NETWORK * address.failures,
    },
    reserve: Math.ceil(RESERVE * attempts),
    share: attempts,
    role: { wary: ROLE.wary * attempts, closed: ROLE.closed * attempts },
    branch: { wary: BRANCH.wary * attempts, closed: BRANCH.closed * attempts },
  };
}

/** Spans in seconds, as the counters take them. */
export function spansOf({ window, block }: ThrottleSettings): {
  window: number;
  slow: number;
  block: number;
} {
  return { window: window / 1000, slow: (SLOW_WINDOWS * window) / 1000, block: block / 1000 };
}
