/** Counts who is there by key, against bounds that may differ from one to the next. */
export class Quota {
  readonly #counts = new Map<string, number>();

  /**
   * @param limit how many may be there at a time; `undefined`: as many as come.
   * @returns how to leave again, to be called once; undefined where the key is full.
   */
  enter(key: string, limit: number | undefined): (() => void) | undefined {
    const count = this.count(key);
    if (limit !== undefined && count >= limit) return undefined;
    this.#counts.set(key, count + 1);
    return () => {
      const left = this.count(key) - 1;
      if (left > 0) this.#counts.set(key, left);
      else this.#counts.delete(key);
    };
  }

  count(key: string): number {
    return this.#counts.get(key) ?? 0;
  }
}
