import { BACKEND, FRONTEND } from '../wire/frame.ts';
import type { LengthRule } from '../wire/frame-scanner.ts';

/** What PostgreSQL answers with one ReadyForQuery each (manual, 54.2). */
export const ASKS_FOR_READY: ReadonlySet<number> = new Set([
  FRONTEND.query,
  FRONTEND.sync,
  FRONTEND.functionCall,
]);

/**
 * Whether the upstream may be at work for the client, by the types of frames alone: so cheap that every session has
 * one. Where it errs, the session counts as busy: a Sync within COPY, or a Query behind an error in a pipeline, gets
 * no answer. `IdleWatch` knows better, and costs more.
 */
export class OwedAnswers {
  #owed = 0;
  /** Whether the client's last frame asks for no ReadyForQuery: a part of an extended query, or of COPY. */
  #begun = false;

  get busy(): boolean {
    return this.#owed > 0 || this.#begun;
  }

  /** A rule that counts what the client asks as it checks it. */
  fromClient(rule: LengthRule): LengthRule {
    return (type, length, start) => {
      const asks = ASKS_FOR_READY.has(type);
      this.#begun = !asks;
      if (asks) this.#owed += 1;
      return rule(type, length, start);
    };
  }

  /** The same for the upstream's answers. */
  fromUpstream(rule: LengthRule): LengthRule {
    return (type, length, start) => {
      if (type === BACKEND.readyForQuery && this.#owed > 0) this.#owed -= 1;
      return rule(type, length, start);
    };
  }
}
