/** Times in ms of any clock; one that goes back gives nothing, and takes nothing. */
const SECOND = 1000;

/** How many bytes may be written: so many a second, saved up to a burst. Full at first. */
export class ByteBudget {
  readonly #perSecond: number;
  readonly #burst: number;
  #saved: number;
  #at: number | undefined;

  constructor({ bytesPerSecond, burst }: { readonly bytesPerSecond: number; readonly burst: number }) {
    this.#perSecond = bytesPerSecond;
    this.#burst = burst;
    this.#saved = burst;
  }

  /** What may be written now; never below zero. */
  available(now: number): number {
    const elapsed = Math.max(0, now - (this.#at ?? now));
    this.#at = now;
    this.#saved = Math.min(this.#burst, this.#saved + (elapsed * this.#perSecond) / SECOND);
    return Math.max(0, Math.floor(this.#saved));
  }

  spend(bytes: number): void {
    this.#saved -= bytes;
  }
}
