/** Points of a key, and when they end, in milliseconds on the caller's clock. */
export interface Entry {
  readonly points: number;
  readonly until: number;
}

export interface TableOptions {
  readonly maxKeys: number;
  /** For a new key in a full table: push out one that has few points, or leave the new one out. */
  readonly whenFull: 'evict' | 'leave-out';
}

/** Entries looked at for each new key: enough that one with many points is hardly ever the least of them. */
const SAMPLE = 8;

/**
 * Points by key, of which there are never more than `maxKeys`. Time comes in as an argument.
 *
 * For a new key a hand goes round the table, as of a clock. It takes away what has ended, and, if the table is
 * full, the one with the fewest points among those it passes. So a flood of new keys pushes out its own, and a
 * key that has gathered many points stays.
 */
export class BoundedTable {
  readonly #maxKeys: number;
  readonly #evicts: boolean;
  readonly #entries = new Map<string, Entry>();
  #hand = this.#entries.entries();
  /** When the last of all that were ever held ends. */
  #lastEnd = Number.NEGATIVE_INFINITY;

  constructor({ maxKeys, whenFull }: TableOptions) {
    this.#maxKeys = maxKeys;
    this.#evicts = whenFull === 'evict';
  }

  /** Keys held, those included that have ended and were not met since. */
  get size(): number {
    return this.#entries.size;
  }

  /** `true` only where every key has ended; told without looking at them. */
  isOver(now: number): boolean {
    return this.#entries.size === 0 || this.#lastEnd <= now;
  }

  get(key: string, now: number): Entry | undefined {
    const entry = this.#entries.get(key);
    return entry !== undefined && entry.until > now ? entry : undefined;
  }

  /** Adds points to a key; `until` counts where these are its first. */
  add(key: string, points: number, until: number, now: number): Entry {
    const entry = this.get(key, now);
    return this.set(
      key,
      entry === undefined ? { points, until } : { points: entry.points + points, until: entry.until },
      now,
    );
  }

  /** @returns the entry, also where there is no room to keep it. */
  set(key: string, entry: Entry, now: number): Entry {
    if (!this.#entries.has(key) && !this.#makeRoom(now)) return entry;
    this.#entries.set(key, entry);
    this.#lastEnd = Math.max(this.#lastEnd, entry.until);
    return entry;
  }

  /** @returns whether there was one that had not ended. */
  delete(key: string, now: number): boolean {
    const existed = this.get(key, now) !== undefined;
    this.#entries.delete(key);
    return existed;
  }

  *live(now: number): Iterable<[key: string, entry: Entry]> {
    for (const [key, entry] of this.#entries) if (entry.until > now) yield [key, entry];
  }

  #makeRoom(now: number): boolean {
    const least = this.#sweep(now);
    if (this.#entries.size < this.#maxKeys) return true;
    return this.#evicts && least !== undefined && this.#entries.delete(least);
  }

  /** Moves the hand on. @returns the key with the fewest points among those it passed and left. */
  #sweep(now: number): string | undefined {
    let least: string | undefined;
    let fewest = Number.POSITIVE_INFINITY;
    for (let passed = 0; passed < SAMPLE; passed += 1) {
      const next = this.#hand.next();
      if (next.done === true) {
        this.#hand = this.#entries.entries();
        continue;
      }
      const [key, { points, until }] = next.value;
      if (until <= now) this.#entries.delete(key);
      else if (points < fewest) [least, fewest] = [key, points];
    }
    return least;
  }
}
