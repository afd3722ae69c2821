import type { ConnectionFacts, RefusedEvent } from './events.ts';
import { heldFacts, sharedFacts } from './held-facts.ts';
import { recordSize } from './record-size.ts';
import { type Level, levelsOf, OTHERS, RefusalKeys } from './refusal-key.ts';

/** Refusals that are alike are told once a second, in ms. */
const GATHERING = 1000;
/** Keys have some 2 KiB each with their connection: 20 MB at most. */
const DEFAULT_KEYS = 10_000;

interface Waiting {
  readonly prefix: string;
  connection: ConnectionFacts;
  count: number;
  from: number;
  to: number;
}

/**
 * Refusals that wait to be written. Those that are alike (address, reason, and for failed logins endpoint and role)
 * become one with a count. Nothing is ever dropped: where room gets short, what is told apart gets coarser, so that
 * a port scan fills neither memory nor the disk, and every refusal is still counted.
 */
export class RefusalTable {
  readonly #levels: readonly Level[];
  /** In the order in which they began to wait. */
  readonly #waiting = new Map<string, Waiting>();
  #count = 0;

  constructor(keys: number = DEFAULT_KEYS) {
    this.#levels = levelsOf(keys);
  }

  /** How many refusals wait; and as how many records they would be told. */
  get count(): number {
    return this.#count;
  }

  get size(): number {
    return this.#waiting.size;
  }

  /** @param now ms since 1970. */
  add(connection: ConnectionFacts, now: number): void {
    this.#count += 1;
    const keys = new RefusalKeys(connection);
    for (const level of this.#levels) {
      const { key, prefix } = keys.at(level);
      const found = this.#waiting.get(key);
      if (found !== undefined) {
        join(found, connection, now);
        return;
      }
      if (this.#waiting.size < level.below) {
        this.#begin(key, prefix, connection, now);
        return;
      }
    }
    this.#joinLast(connection, now);
  }

  /**
   * Takes out what has gathered for a second, the oldest first, as far as the bytes reach.
   * @param bytes that the lines may take together, ends of line included.
   */
  due(now: number, bytes: number): RefusedEvent[] {
    const events: RefusedEvent[] = [];
    let left = bytes;
    for (const [key, waiting] of this.#waiting) {
      // A clock that was set back must not hold anything up.
      const age = now - waiting.from;
      if (age >= 0 && age < GATHERING) break;
      const event = eventOf(waiting);
      left -= recordSize(event);
      if (left < 0) break;
      this.#waiting.delete(key);
      this.#count -= event.count;
      events.push(event);
    }
    return events;
  }

  /** Takes out everything: the gateway stops. */
  drain(): RefusedEvent[] {
    const events = [...this.#waiting.values()].map(eventOf);
    this.#waiting.clear();
    this.#count = 0;
    return events;
  }

  #begin(key: string, prefix: string, connection: ConnectionFacts, now: number): void {
    const held = heldFacts(connection);
    this.#waiting.set(key, { prefix, connection: held, count: 1, from: now, to: now });
  }

  /** Even the reasons are too many: one key is left for all. */
  #joinLast(connection: ConnectionFacts, now: number): void {
    const found = this.#waiting.get(OTHERS);
    if (found !== undefined) join(found, connection, now);
    else this.#begin(OTHERS, OTHERS, connection, now);
  }
}

function join(waiting: Waiting, connection: ConnectionFacts, now: number): void {
  waiting.connection = sharedFacts(waiting.connection, connection, waiting.count === 1);
  waiting.count += 1;
  waiting.from = Math.min(waiting.from, now);
  waiting.to = Math.max(waiting.to, now);
}

/** One alone is told with all that is known of it. */
function eventOf({ prefix, connection, count, from, to }: Waiting): RefusedEvent {
  const told = { type: 'refused', connection, count, from, to } as const;
  return count === 1 ? told : { ...told, prefix };
}
