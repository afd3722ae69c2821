/** Between two looks at the clock, in ms. */
const LOOK_MS = 250;
/** A look that comes this much too late, in ms, tells of an event loop that cannot keep up. */
export const OVERLOAD_MS = 1000;
/** So many late looks in a row; one alone is a hiccup, or a machine that was asleep. */
const LATE_LOOKS = 2;

/** Time, as a test may want to tell it. */
export interface Ticker {
  /** Milliseconds that never go back. */
  readonly now: () => number;
  /** Calls back about every so many ms. @returns how to stop that. */
  readonly every: (ms: number, tick: () => void) => () => void;
}

export const processTicker: Ticker = {
  now: () => performance.now(),
  every: (ms, tick) => {
    const timer = setInterval(tick, ms).unref();
    return () => clearInterval(timer);
  },
};

/**
 * Watches how late the event loop is. Whoever is being served already feels every connection that is let in on top,
 * so an overloaded process takes none until it has caught up.
 */
export class Pressure {
  /** How much too late the last look was, in ms. */
  delay = 0;
  readonly #stop: () => void;
  #lateLooks = 0;

  constructor(ticker: Ticker = processTicker) {
    let due = ticker.now() + LOOK_MS;
    this.#stop = ticker.every(LOOK_MS, () => {
      const now = ticker.now();
      this.#look(Math.max(0, now - due));
      due = now + LOOK_MS;
    });
  }

  get overloaded(): boolean {
    return this.#lateLooks >= LATE_LOOKS;
  }

  close(): void {
    this.#stop();
  }

  #look(delay: number): void {
    this.delay = delay;
    this.#lateLooks = delay > OVERLOAD_MS ? this.#lateLooks + 1 : 0;
  }
}
