import type { ConnectionRecord } from './record.ts';
import type { Refusal } from './refusals.ts';

/** A connection that can be ended from outside, at any time, with a reason. */
export interface Cuttable {
  readonly record: ConnectionRecord;
  cut(why: Refusal): void;
}

/** Every connection that is open, those still logging in included. */
export class Sessions {
  readonly #open = new Set<Cuttable>();
  readonly #waiting: (() => void)[] = [];

  /** @returns the way out, to be called once the connection has ended. */
  enter(session: Cuttable): () => void {
    this.#open.add(session);
    return () => {
      if (!this.#open.delete(session) || this.#open.size > 0) return;
      for (const resolve of this.#waiting.splice(0)) resolve();
    };
  }

  get size(): number {
    return this.#open.size;
  }

  *records(): Iterable<ConnectionRecord> {
    for (const { record } of this.#open) yield record;
  }

  cutAll(why: Refusal): void {
    for (const session of this.#open) session.cut(why);
  }

  /** Resolves once no connection is open. */
  async empty(): Promise<void> {
    if (this.#open.size > 0) await new Promise<void>((resolve) => this.#waiting.push(resolve));
  }
}
