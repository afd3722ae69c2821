/** Points of a key, and the milliseconds until they are forgotten; a RateLimiterRes of rate-limiter-flexible. */
export interface Count {
  readonly consumedPoints: number;
  readonly msBeforeNext: number;
}

/**
 * Counts by key. A key's span begins with its first point and ends by itself. This is the interface of
 * rate-limiter-flexible's limiters, so that its shared stores (RateLimiterValkey) fit here as they are.
 */
export interface Counter {
  /** Adds points, one unless told. @returns what the key has now. */
  penalty(key: string, points?: number): Promise<Count>;
  get(key: string): Promise<Count | null>;
  /** Replaces the key's points, for `seconds` from now. */
  set(key: string, points: number, seconds: number): Promise<Count>;
  delete(key: string): Promise<boolean>;
}

/** Keys that are locked out, each with the failures that led there. */
export interface Locks extends Counter {
  /** `true` only where no key is locked out. */
  readonly empty: boolean;
  list(): Promise<readonly (Count & { readonly key: string })[]>;
}

/** Where a role has logged in from. */
export interface KnownSources {
  has(role: string, source: string): Promise<boolean>;
  /** Keeps it for as long as `KNOWN_DAYS` says, from now. */
  remember(role: string, source: string): Promise<void>;
}

/** What the throttle remembers, in this process or in one that several share. */
export interface ThrottleStore {
  /** @param seconds how long a key's points last from its first. */
  counter(name: string, seconds: number): Counter;
  locks(name: string, seconds: number): Locks;
  readonly known: KnownSources;
}
