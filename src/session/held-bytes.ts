/** Bytes that all sessions together may hold back in large messages, until those are whole. */
const MOST = 128 * 1024 * 1024;

/** Room in memory that sessions share. */
export class HeldBytes {
  #left: number;

  constructor(most = MOST) {
    this.#left = most;
  }

  /** @returns whether there was room. */
  reserve(bytes: number): boolean {
    if (bytes > this.#left) return false;
    this.#left -= bytes;
    return true;
  }

  release(bytes: number): void {
    this.#left += bytes;
  }
}
