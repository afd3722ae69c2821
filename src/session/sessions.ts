import type { ConnectionRecord } from './record.ts';
import type { Refusal } from './refusals.ts';
import type { Standing } from './standing.ts';

/** A connection that can be ended from outside, at any time, with a reason. */
export interface Cuttable {
  readonly record: ConnectionRecord;
  /** On what it was let in; undefined until it is. */
  readonly standing?: Standing | undefined;
  /** Bytes that wait in its streams; undefined where nobody counts them. */
  readonly buffered?: number | undefined;
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

  /** Bytes that wait in the streams of all of them. */
  get buffered(): number {
    let bytes = 0;
    for (const session of this.#open) bytes += session.buffered ?? 0;
    return bytes;
  }

  cutAll(why: Refusal): void {
    this.cutWhere(() => why);
  }

  all(): Iterable<Cuttable> {
    return this.#open.values();
  }

  *records(): Iterable<ConnectionRecord> {
    for (const { record } of this.#open) yield record;
  }

  /**
   * Ends those for which there is a reason.
   * @param reasonFor asked for every open connection; undefined lets it go on.
   * @returns those that were cut.
   */
  cutWhere(reasonFor: (session: Cuttable) => Refusal | undefined): Cuttable[] {
    const cut: Cuttable[] = [];
    for (const session of this.#open) {
      const why = reasonFor(session);
      if (why === undefined) continue;
      session.cut(why);
      cut.push(session);
    }
    return cut;
  }

  /** Resolves once no connection is open. */
  async empty(): Promise<void> {
    if (this.#open.size > 0) await new Promise<void>((resolve) => this.#waiting.push(resolve));
  }
}
