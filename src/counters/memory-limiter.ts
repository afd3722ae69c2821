import RateLimiterRes from 'rate-limiter-flexible/lib/RateLimiterRes.js';
import RateLimiterStoreAbstract from 'rate-limiter-flexible/lib/RateLimiterStoreAbstract.js';
import type { Count, Locks } from '../throttle/ports.ts';
import { BoundedTable, type Entry, type TableOptions } from './bounded-table.ts';

export interface MemoryLimiterOptions extends TableOptions {
  /** Seconds that a key's points last from its first. */
  readonly seconds: number;
  /** Milliseconds on a clock that does not go back. */
  readonly now: () => number;
}

/**
 * A limiter of rate-limiter-flexible on a bounded table in this process.
 *
 * Its own RateLimiterMemory is none for a hostile internet: it holds as many keys as strangers send (measured:
 * 500 bytes each, 1,000,000 keys half a gigabyte) with a timer for each, and reads the wall clock; neither its
 * storage nor its clock can be handed in (its issue 209). So this is a store of our own, made as the library's
 * README says: counting and the interface are the library's, room and time ours. RateLimiterValkey is another.
 */
export class MemoryLimiter extends RateLimiterStoreAbstract<Entry> implements Locks {
  readonly #table: BoundedTable;
  readonly #now: () => number;

  constructor({ seconds, now, ...table }: MemoryLimiterOptions) {
    // Points are the library's limit, which is not used: what is too many is the throttle's to say.
    super({ points: 0, duration: seconds, keyPrefix: '' });
    this.#table = new BoundedTable(table);
    this.#now = now;
  }

  get empty(): boolean {
    return this.#table.isOver(this.#now());
  }

  async list(): Promise<(Count & { readonly key: string })[]> {
    return Array.from(this.#table.live(this.#now()), ([key, { points, until }]) => ({
      key,
      consumedPoints: points,
      msBeforeNext: until - this.#now(),
    }));
  }

  protected async _upsert(
    key: string,
    points: number,
    milliseconds: number,
    forceExpire: boolean,
  ): Promise<Entry> {
    const now = this.#now();
    const until = now + milliseconds;
    return forceExpire
      ? this.#table.set(key, { points, until }, now)
      : this.#table.add(key, points, until, now);
  }

  protected async _get(key: string): Promise<Entry | null> {
    return this.#table.get(key, this.#now()) ?? null;
  }

  protected async _delete(key: string): Promise<boolean> {
    return this.#table.delete(key, this.#now());
  }

  protected _getRateLimiterRes(
    _key: string,
    changedPoints: number,
    { points, until }: Entry,
  ): RateLimiterRes {
    return new RateLimiterRes(0, Math.max(0, until - this.#now()), points, points === changedPoints);
  }
}
