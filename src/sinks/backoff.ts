/** ms before the first new try, and at most. */
const FIRST_MS = 1000;
const LONGEST_MS = 30_000;

/** How long to wait after each failure: twice as long each time, shortened by chance so that a fleet spreads out. */
export class Backoff {
  readonly #random: () => number;
  #next = FIRST_MS;

  /** @param random from 0 up to but not including 1. */
  constructor(random: () => number) {
    this.#random = random;
  }

  /** @returns ms: between the half and the whole of 1 s, 2 s, 4 s, … 30 s. */
  failed(): number {
    const wait = this.#next * (1 - this.#random() / 2);
    this.#next = Math.min(this.#next * 2, LONGEST_MS);
    return wait;
  }

  succeeded(): void {
    this.#next = FIRST_MS;
  }
}
