import type { Logger } from 'pino';
import type { ShedReason } from '../observe/metrics.ts';
import type { Arrival } from '../session/ports.ts';

/** At most one line of the log in so many ms: a flood must not become one of our own. */
const QUIET_MS = 1000;

/** Closes new connections at once, unheard: what they would cost, those that are served already would pay. */
export class Shedding {
  readonly #log: Logger;
  readonly #count: (reason: ShedReason) => void;
  readonly #now: () => number;
  #loggedAt = Number.NEGATIVE_INFINITY;
  #unlogged = 0;

  /** @param now in ms, on a clock that never goes back. */
  constructor(log: Logger, count: (reason: ShedReason) => void, now: () => number = () => performance.now()) {
    this.#log = log;
    this.#count = count;
    this.#now = now;
  }

  shed({ stream }: Arrival, reason: ShedReason): void {
    stream.destroy();
    this.#count(reason);
    this.#unlogged += 1;
    const now = this.#now();
    if (now - this.#loggedAt < QUIET_MS) return;
    this.#log.warn({ reason, connections: this.#unlogged }, 'new connections are closed at once');
    this.#loggedAt = now;
    this.#unlogged = 0;
  }
}
