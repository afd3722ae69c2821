import type { Count, Counter, Locks, ThrottleStore } from './ports.ts';

/** By what failures are counted. Stable words, for logs and `-o json`. */
export type DimensionName = 'address-role' | 'address' | 'network' | 'role' | 'branch' | 'cancel';

/** Seconds. */
export interface Spans {
  /** How long a failure counts. */
  readonly window: number;
  readonly block: number;
}

/** One way to look at failures: a count by key, and the keys that are locked out. */
export class Dimension {
  readonly name: DimensionName;
  readonly #spans: Spans;
  readonly #failures: Counter;
  readonly #locks: Locks;

  constructor(name: DimensionName, spans: Spans, store: ThrottleStore) {
    this.name = name;
    this.#spans = spans;
    this.#failures = store.counter(`${name} failures`, spans.window);
    this.#locks = store.locks(`${name} locks`, spans.block);
  }

  /** @returns whole seconds until the key's lock-out ends; 0 where there is none. */
  async wait(key: string | undefined): Promise<number> {
    if (key === undefined) return 0;
    const lock = await this.#locks.get(key);
    return lock === null ? 0 : Math.ceil(lock.msBeforeNext / 1000);
  }

  /** Counts a failure. @returns how many the key has now. */
  async count(key: string): Promise<number> {
    return (await this.#failures.penalty(key)).consumedPoints;
  }

  async failures(key: string): Promise<number> {
    return (await this.#failures.get(key))?.consumedPoints ?? 0;
  }

  /**
   * Locks a key out. It starts again with `remaining` failures, for another window.
   * A store that is full of locks may have no room for one more: then the failures stay, and the next tries again.
   */
  async lockOut(key: string, failures: number, remaining = 0): Promise<void> {
    await this.#locks.set(key, failures, this.#spans.block);
    if ((await this.#locks.get(key)) === null) return;
    if (remaining === 0) await this.#failures.delete(key);
    else await this.#failures.set(key, remaining, this.#spans.window);
  }

  async forgive(key: string): Promise<void> {
    await this.#failures.delete(key);
  }

  /** `true` only where no key is locked out. */
  get empty(): boolean {
    return this.#locks.empty;
  }

  async locks(): Promise<readonly (Count & { readonly key: string })[]> {
    return await this.#locks.list();
  }

  /** Ends a lock-out, and forgets what was counted since. @returns whether there was one. */
  async lift(key: string): Promise<boolean> {
    await this.#failures.delete(key);
    return await this.#locks.delete(key);
  }
}
