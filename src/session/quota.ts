/** A place under a key, of which there may be a bound. */
export interface Claim {
  readonly key: string;
  /** How many may be there at a time; `undefined`: as many as come. */
  readonly limit: number | undefined;
  /** Beyond so many it is crowded, which whoever takes a place is told. Default: it never is. */
  readonly room?: number | undefined;
}

/** All of the claimed places, or none. */
export type Taken =
  | {
      /** Gives them back; to be called once. */
      readonly leave: () => void;
      /** Whether more are there now than there is room for, this one included, in the order of the claims. */
      readonly crowded: readonly boolean[];
    }
  /** Which of the claims, counted from 0, was full. */
  | { readonly full: number };

/** Who is there by key, in this process, or in all that serve together. */
export interface Seats {
  /** @throws Refusal where nobody can be asked. */
  take(claims: readonly Claim[]): Taken | Promise<Taken>;
}

/** Counts who is there by key, against bounds that may differ from one to the next. */
export class Quota implements Seats {
  readonly #counts = new Map<string, number>();

  take(claims: readonly Claim[]): Taken {
    const full = claims.findIndex(({ key, limit }) => limit !== undefined && this.count(key) >= limit);
    if (full >= 0) return { full };
    const places = claims.map(({ key }) => this.#enter(key));
    const leave = (): void => {
      for (const place of places) place();
    };
    return { leave, crowded: claims.map(({ key, room }) => room !== undefined && this.count(key) > room) };
  }

  count(key: string): number {
    return this.#counts.get(key) ?? 0;
  }

  #enter(key: string): () => void {
    this.#counts.set(key, this.count(key) + 1);
    return () => {
      const left = this.count(key) - 1;
      if (left > 0) this.#counts.set(key, left);
      else this.#counts.delete(key);
    };
  }
}
