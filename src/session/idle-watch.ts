import { BACKEND, FRONTEND } from '../wire/frame.ts';
import type { LengthRule } from '../wire/frame-scanner.ts';

/** ReadyForQuery's status outside a transaction (PostgreSQL manual, 54.7). */
const OUTSIDE_TRANSACTION = 0x49;

/** Messages that PostgreSQL answers with one ReadyForQuery each. */
const ASKS_FOR_READY: ReadonlySet<number> = new Set([FRONTEND.query, FRONTEND.sync, FRONTEND.functionCall]);

/**
 * Tells when a session has waited too long for a statement, by its frames' headers alone. As
 * idle_session_timeout, it never fires in a transaction, nor while an answer is owed, nor in COPY; where it cannot
 * be sure, the session counts as busy.
 */
export class IdleWatch {
  readonly #after: number;
  readonly #fire: () => void;
  #owed = 0;
  #lastType: number = BACKEND.readyForQuery;
  #timer: NodeJS.Timeout | undefined;

  /** @param after ms of idleness. */
  constructor(after: number, fire: () => void) {
    this.#after = after;
    this.#fire = fire;
    this.#start();
  }

  /** A rule that notices what the client sends as it checks it. */
  fromClient(rule: LengthRule): LengthRule {
    return (type, length) => {
      clearTimeout(this.#timer);
      if (ASKS_FOR_READY.has(type)) this.#owed += 1;
      return rule(type, length);
    };
  }

  /** The same for the upstream's side. */
  fromUpstream(rule: LengthRule): LengthRule {
    return (type, length) => {
      this.#lastType = type;
      if (type === BACKEND.readyForQuery) this.#owed -= 1;
      return rule(type, length);
    };
  }

  /** @param lastByte of the last frame that the upstream has ended. */
  upstreamPaused(lastByte: number): void {
    clearTimeout(this.#timer);
    const idle =
      this.#lastType === BACKEND.readyForQuery && lastByte === OUTSIDE_TRANSACTION && this.#owed <= 0;
    if (idle) this.#start();
  }

  stop(): void {
    clearTimeout(this.#timer);
  }

  #start(): void {
    this.#timer = setTimeout(this.#fire, this.#after);
  }
}
