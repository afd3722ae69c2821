/** Lets `perSecond` things through a second on average and `burst` at once; time comes in as an argument. */
export class TokenBucket {
  readonly #perSecond: number;
  readonly #burst: number;
  #tokens: number;
  #filledAt: number;

  constructor(perSecond: number, burst: number, now: number) {
    this.#perSecond = perSecond;
    this.#burst = burst;
    this.#tokens = burst;
    this.#filledAt = now;
  }

  /** Whether one more would get through. @param now milliseconds on a clock that does not go back. */
  holds(now: number): boolean {
    const earned = ((now - this.#filledAt) / 1000) * this.#perSecond;
    this.#tokens = Math.min(this.#burst, this.#tokens + Math.max(0, earned));
    this.#filledAt = now;
    return this.#tokens >= 1;
  }

  /** @returns whether it got through. */
  take(now: number): boolean {
    if (!this.holds(now)) return false;
    this.#tokens -= 1;
    return true;
  }
}
